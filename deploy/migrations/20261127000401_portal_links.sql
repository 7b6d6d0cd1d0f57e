-- migrate:up

-- Links by which a therapist of another practice works without an account. The link's secret is not kept: it is sealed in the link.
CREATE TABLE portal_links (
    link_id      text        PRIMARY KEY,
    pathway_id   text        NOT NULL,
    person_id    text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    last_used_at timestamptz
);

CREATE INDEX portal_links_of_pathway ON portal_links (pathway_id, created_at);

-- migrate:down

DROP TABLE portal_links;
