-- migrate:up

-- What the last inventory saw: it asks every open pathway, and replaces both tables whole. Ids, kinds and instants only.
CREATE TABLE pathway_endings (
    pathway_id text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('consent', 'approval', 'credential', 'dated_rule')),
    subject    text        NOT NULL,
    ends_at    timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (pathway_id, kind, subject)
);

CREATE INDEX pathway_endings_soonest ON pathway_endings (ends_at);

CREATE TABLE inventory_findings (
    pathway_id text        NOT NULL,
    code       text        NOT NULL,
    repaired   boolean     NOT NULL,
    found_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (pathway_id, code)
);

-- migrate:down

DROP TABLE inventory_findings;
DROP TABLE pathway_endings;
