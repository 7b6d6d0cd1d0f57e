-- migrate:up

-- Where a message stands by each channel that it was tried by. "failed" is for good: another channel is next. The
-- reference is the provider's, or the Message-ID; it replaces messages.smtp_message_id.
ALTER TABLE messages
    ADD COLUMN channel     text,
    ADD COLUMN request     jsonb,
    ADD COLUMN not_before  timestamptz,
    ADD COLUMN counted_at  timestamptz,
    ADD COLUMN confirmed_at timestamptz;
COMMENT ON COLUMN messages.request IS 'Template, ids and instants as the pathway asked; what a late bounce needs.';
COMMENT ON COLUMN messages.not_before IS 'Until when it rests, in pathway time.';
COMMENT ON COLUMN messages.counted_at IS 'When it was sent, in pathway time: the cap counts by the recipient''s day.';
COMMENT ON COLUMN messages.confirmed_at IS 'When the recipient answered CONFIRM; no acknowledgement of anything clinical.';

CREATE INDEX messages_to_person ON messages (to_id, counted_at);

CREATE TABLE message_channels (
    message_id text        NOT NULL REFERENCES messages,
    channel    text        NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'portal')),
    status     text        NOT NULL CHECK (status IN ('trying', 'taken', 'delivered', 'failed')),
    tries      integer     NOT NULL DEFAULT 0,
    code       text,
    reference  text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, channel)
);

CREATE INDEX message_channels_by_reference ON message_channels (reference) WHERE reference IS NOT NULL;

-- What recipients said by STOP: kept apart from the directory, so that a new entry there does not undo it.
CREATE TABLE channel_opt_outs (
    person_id text        NOT NULL,
    channel   text        NOT NULL,
    since     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, channel)
);

-- A keyed hash of the telephone number: a reply says no more of its sender.
ALTER TABLE people ADD COLUMN phone_index bytea;
CREATE INDEX people_by_phone ON people (phone_index) WHERE phone_index IS NOT NULL;

-- What waits behind the portal's login. The text is sealed.
CREATE TABLE inbox (
    message_id text        PRIMARY KEY REFERENCES messages,
    person_id  text        NOT NULL,
    pathway_id text        NOT NULL,
    key_id     text        NOT NULL,
    sealed     bytea       NOT NULL,
    put_at     timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX inbox_of_person ON inbox (person_id, put_at DESC);

-- migrate:down

DROP TABLE inbox;
DROP INDEX people_by_phone;
ALTER TABLE people DROP COLUMN phone_index;
DROP TABLE channel_opt_outs;
DROP TABLE message_channels;
DROP INDEX messages_to_person;
ALTER TABLE messages
    DROP COLUMN channel, DROP COLUMN request, DROP COLUMN not_before, DROP COLUMN counted_at, DROP COLUMN confirmed_at;
