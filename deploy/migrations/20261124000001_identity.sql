-- migrate:up

-- What two people may have in common, as keyed hashes: they can be compared and say nothing by themselves.
CREATE TABLE identity_keys (
    pathway_id text        NOT NULL,
    basis      text        NOT NULL,
    key        bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (pathway_id, basis)
);

CREATE INDEX identity_keys_alike ON identity_keys (basis, key);

-- migrate:down

DROP TABLE identity_keys;
