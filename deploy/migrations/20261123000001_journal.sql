-- migrate:up

-- The journal: every event of every episode, in order. The event itself is sealed in "body"; the clear columns carry
-- nothing about a person beyond an opaque id.
CREATE TABLE journal (
    pathway_id  text        NOT NULL,
    episode     text        NOT NULL,
    seq         bigint      NOT NULL CHECK (seq > 0),
    type        text        NOT NULL,
    actor_role  text,
    recorded_at timestamptz NOT NULL,
    observed_at timestamptz NOT NULL,
    key_id      text        NOT NULL,
    body        bytea       NOT NULL,
    hash        bytea       NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (pathway_id, episode, seq)
);

CREATE FUNCTION refuse_journal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_journal_change();

-- ALWAYS: also for sessions that switch ordinary triggers off (session_replication_role), as restore tools do.
ALTER TABLE journal ENABLE ALWAYS TRIGGER append_only;

-- migrate:down

DROP TABLE journal;
DROP FUNCTION refuse_journal_change();
