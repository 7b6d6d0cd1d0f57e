"""Search attributes of the pathways: what an operator may filter by in Temporal's own lists. Never about a person."""

from enum import StrEnum
from typing import Final


class SearchType(StrEnum):
    """Kinds of search attribute in use; PostgreSQL offers few slots of each per namespace (10 Keyword, 3 Int)."""

    KEYWORD = "Keyword"
    INT = "Int"


PHASE: Final = "KapPhase"
"""Where the pathway stands."""

PROTOCOL: Final = "KapProtocol"
"""Name and version of the protocol it is pinned to."""

SESSIONS: Final = "KapSessions"
"""Sessions in which drug was given."""

ATTENTION: Final = "KapAttention"
"""Why somebody should look at it."""

SEARCH_ATTRIBUTES: Final = {
    PHASE: SearchType.KEYWORD,
    PROTOCOL: SearchType.KEYWORD,
    SESSIONS: SearchType.INT,
    ATTENTION: SearchType.KEYWORD,
}
"""Every custom attribute with its type, as it is registered with the server."""
