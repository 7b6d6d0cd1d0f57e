-- migrate:up

-- Where each episode of care stands, as of event number "version".
CREATE TABLE pathways (
    pathway_id       text        NOT NULL,
    episode          text        NOT NULL,
    phase            text        NOT NULL,
    protocol         text        NOT NULL,
    cycle            integer     NOT NULL,
    sessions_given   integer     NOT NULL,
    sessions_planned integer     NOT NULL,
    version          bigint      NOT NULL,
    next_due_at      timestamptz,
    next_due_reason  text,
    opened_at        timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (pathway_id, episode)
);

CREATE INDEX pathways_newest ON pathways (opened_at DESC, pathway_id DESC, episode DESC);

-- What humans owe or owed.
CREATE TABLE work_items (
    pathway_id     text        NOT NULL,
    episode        text        NOT NULL,
    item_id        text        NOT NULL,
    kind           text        NOT NULL,
    subject        text        NOT NULL,
    owner_role     text        NOT NULL,
    owner_id       text,
    opened_at      timestamptz NOT NULL,
    due_at         timestamptz NOT NULL,
    hard_limit     timestamptz,
    next_deadline  timestamptz NOT NULL,
    steps          integer     NOT NULL,
    closed_at      timestamptz,
    closed_by      text,
    closed_by_role text,
    PRIMARY KEY (pathway_id, episode, item_id)
);

CREATE INDEX work_items_open ON work_items (owner_role, due_at) WHERE closed_at IS NULL;

-- migrate:down

DROP TABLE work_items;
DROP TABLE pathways;
