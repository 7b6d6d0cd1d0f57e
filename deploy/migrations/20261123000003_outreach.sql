-- migrate:up

-- One row for each message that a pathway asked for, and what became of it. Recipients are ids of the directory.
CREATE TABLE messages (
    message_id      text        PRIMARY KEY,
    pathway_id      text        NOT NULL,
    template        text        NOT NULL,
    to_role         text        NOT NULL,
    to_id           text        NOT NULL,
    about           text        NOT NULL,
    requested_at    timestamptz NOT NULL,
    status          text        NOT NULL DEFAULT 'requested'
        CHECK (status IN ('requested', 'sending', 'sent', 'withdrawn', 'undeliverable')),
    attempts        integer     NOT NULL DEFAULT 0,
    last_error_code text,
    smtp_message_id text,
    sent_at         timestamptz,
    updated_at      timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX messages_of_pathway ON messages (pathway_id);
CREATE INDEX messages_unfinished ON messages (updated_at) WHERE status IN ('requested', 'sending');

-- The directory: who can be reached, and who a patient is. Name, address and birth date are sealed. The two sealed
-- columns are written at different times, so each has its own key id.
CREATE TABLE people (
    id            text        PRIMARY KEY,
    role          text        NOT NULL,
    zone          text        NOT NULL,
    key_id        text        NOT NULL,
    sealed        bytea       NOT NULL,
    person_key_id text,
    sealed_person bytea,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((sealed_person IS NULL) = (person_key_id IS NULL))
);

CREATE INDEX people_by_role ON people (role);

-- migrate:down

DROP TABLE people;
DROP TABLE messages;
