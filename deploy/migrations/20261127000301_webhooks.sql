-- migrate:up

-- Which services are told by webhook that something was recorded, as workers last read it from their file. Addresses and
-- secrets stay in the file.
CREATE TABLE webhook_subscribers (
    id          text        PRIMARY KEY,
    types       text[],
    rests_until timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
);
COMMENT ON COLUMN webhook_subscribers.types IS 'Types of facts it is told of; null for all.';
COMMENT ON COLUMN webhook_subscribers.rests_until IS 'It asked for a pause (429).';
COMMENT ON COLUMN webhook_subscribers.disabled_at IS 'It answered that it is gone (410).';

-- One row for each entry of the journal and each subscriber that is told of it. Nothing about a person beyond the
-- opaque id of the pathway.
CREATE TABLE webhook_outbox (
    message_id  uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    subscriber  text        NOT NULL,
    pathway_id  text        NOT NULL,
    episode     text        NOT NULL,
    seq         bigint      NOT NULL,
    type        text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    queued_at   timestamptz NOT NULL DEFAULT now(),
    since       timestamptz NOT NULL DEFAULT now(),
    due_at      timestamptz NOT NULL DEFAULT now(),
    attempts    integer     NOT NULL DEFAULT 0,
    status      text        NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sent', 'failed')),
    code        text,
    ended_at    timestamptz,
    UNIQUE (pathway_id, episode, seq, subscriber)
);
COMMENT ON COLUMN webhook_outbox.since IS 'Since when it is tried: when it was queued, or queued again by an operator.';
COMMENT ON COLUMN webhook_outbox.due_at IS 'Not to be tried before; moved ahead by whoever claims it.';

CREATE INDEX webhook_outbox_waiting ON webhook_outbox (subscriber, due_at, seq) WHERE status = 'waiting';
CREATE INDEX webhook_outbox_order ON webhook_outbox (subscriber, pathway_id, episode, seq) WHERE status = 'waiting';

-- By trigger, so that a row stands exactly where its journal entry does, whichever release and role wrote that.
CREATE FUNCTION queue_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_outbox (subscriber, pathway_id, episode, seq, type, recorded_at)
    SELECT webhook_subscribers.id, pathway_id, episode, seq, type, recorded_at
    FROM fresh JOIN webhook_subscribers ON disabled_at IS NULL AND (types IS NULL OR type = ANY (types))
    -- Sent of an entry that was superseded since: the one in its place is another message.
    ON CONFLICT (pathway_id, episode, seq, subscriber) DO UPDATE SET
        message_id = excluded.message_id, type = excluded.type, recorded_at = excluded.recorded_at,
        queued_at = excluded.queued_at, since = excluded.since, due_at = excluded.due_at,
        attempts = 0, status = 'waiting', code = NULL, ended_at = NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER queue_webhooks AFTER INSERT ON journal REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION queue_webhooks();

-- What makes room in the journal never happened: nobody is to be told of it who was not told yet.
CREATE FUNCTION withdraw_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM webhook_outbox AS kept USING gone
    WHERE kept.pathway_id = gone.pathway_id AND kept.episode = gone.episode AND kept.seq = gone.seq
        AND kept.status <> 'sent';
    RETURN NULL;
END
$$;

CREATE TRIGGER withdraw_webhooks AFTER DELETE ON journal REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION withdraw_webhooks();

-- migrate:down

DROP TRIGGER withdraw_webhooks ON journal;
DROP FUNCTION withdraw_webhooks();
DROP TRIGGER queue_webhooks ON journal;
DROP FUNCTION queue_webhooks();
DROP TABLE webhook_outbox;
DROP TABLE webhook_subscribers;
