-- migrate:up

-- What became of a CONFIRM. The pathway decides whether it holds; until it was asked, the answer waits here.
ALTER TABLE messages
    ADD COLUMN answered_at       timestamptz,
    ADD COLUMN confirmation      text CHECK (confirmation IN ('waiting', 'taken', 'refused')),
    ADD COLUMN confirmation_code text;
COMMENT ON COLUMN messages.answered_at IS 'When the recipient first answered CONFIRM, whether it holds or not.';
COMMENT ON COLUMN messages.confirmation_code IS 'Why it does not hold: moved, cancelled, over, ended.';
COMMENT ON COLUMN messages.confirmed_at IS 'When the recipient answered CONFIRM, where it holds; no acknowledgement of anything clinical.';

CREATE INDEX messages_confirmation_waits ON messages (answered_at) WHERE confirmation = 'waiting';

-- migrate:down

DROP INDEX messages_confirmation_waits;
COMMENT ON COLUMN messages.confirmed_at IS 'When the recipient answered CONFIRM; no acknowledgement of anything clinical.';
ALTER TABLE messages DROP COLUMN answered_at, DROP COLUMN confirmation, DROP COLUMN confirmation_code;
