"""The rules: pure functions of state, command and now. They know neither the engine nor the world.

``step.obey`` takes a command, ``step.lapse`` the passing of time; both return the facts and the state that follows.
"""
