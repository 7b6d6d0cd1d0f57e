"""Rules of consent: which ones a dose rests on, signing, withdrawing, and the capacity to do either."""
