-- migrate:up

-- A journal entry is written while its workflow task is under way. If that task is lost (its worker dies, or the server
-- refuses it), the engine takes the step again at a later time, and what was written never happened for it. The engine
-- is the source of truth, so such entries make room; they are kept here, and are as unchangeable as the journal.
CREATE TABLE journal_superseded (LIKE journal, superseded_at timestamptz NOT NULL DEFAULT now());

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_superseded
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_journal_change();
ALTER TABLE journal_superseded ENABLE ALWAYS TRIGGER append_only;

DROP TRIGGER append_only ON journal;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_journal_change();
ALTER TABLE journal ENABLE ALWAYS TRIGGER append_only;

CREATE FUNCTION refuse_journal_loss() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM journal_superseded AS kept
        WHERE kept.pathway_id = OLD.pathway_id AND kept.episode = OLD.episode AND kept.seq = OLD.seq
            AND kept.hash = OLD.hash AND kept.body = OLD.body
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the journal is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER no_loss BEFORE DELETE ON journal FOR EACH ROW EXECUTE FUNCTION refuse_journal_loss();
ALTER TABLE journal ENABLE ALWAYS TRIGGER no_loss;

-- What events do to work items and messages; see write_journal for the form of p_effects.
CREATE FUNCTION apply_effects(p_pathway_id text, p_episode text, p_effects jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    effect  jsonb;
    item    work_items;
    message messages;
BEGIN
    FOR effect IN SELECT value FROM jsonb_array_elements(p_effects) WITH ORDINALITY ORDER BY ordinality
    LOOP
        CASE effect ->> 'effect'
        WHEN 'opened' THEN
            item := jsonb_populate_record(NULL::work_items, effect);
            INSERT INTO work_items (
                pathway_id, episode, item_id, kind, subject, owner_role, owner_id,
                opened_at, due_at, hard_limit, next_deadline, steps
            ) VALUES (
                p_pathway_id, p_episode, item.item_id, item.kind, item.subject, item.owner_role, item.owner_id,
                item.opened_at, item.due_at, item.hard_limit, item.next_deadline, item.steps
            ) ON CONFLICT (pathway_id, episode, item_id) DO UPDATE SET
                -- Ids are not used twice; were one, the work is owed again rather than the journal held up.
                kind = excluded.kind, subject = excluded.subject, owner_role = excluded.owner_role,
                owner_id = excluded.owner_id, opened_at = excluded.opened_at, due_at = excluded.due_at,
                hard_limit = excluded.hard_limit, next_deadline = excluded.next_deadline, steps = excluded.steps,
                closed_at = NULL, closed_by = NULL, closed_by_role = NULL;
        WHEN 'overdue' THEN
            item := jsonb_populate_record(NULL::work_items, effect);
            UPDATE work_items SET steps = item.steps, next_deadline = item.next_deadline
            WHERE pathway_id = p_pathway_id AND episode = p_episode AND item_id = item.item_id;
        WHEN 'closed' THEN
            item := jsonb_populate_record(NULL::work_items, effect);
            UPDATE work_items
            SET closed_at = item.closed_at, closed_by = item.closed_by, closed_by_role = item.closed_by_role
            WHERE pathway_id = p_pathway_id AND episode = p_episode AND item_id = item.item_id;
        WHEN 'message' THEN
            -- The delivery may have come first, for it does not wait for the journal.
            message := jsonb_populate_record(NULL::messages, effect);
            INSERT INTO messages (message_id, pathway_id, template, to_role, to_id, about, requested_at)
            VALUES (
                message.message_id, p_pathway_id, message.template, message.to_role, message.to_id, message.about,
                message.requested_at
            ) ON CONFLICT (message_id) DO NOTHING;
        WHEN 'withdrawn' THEN
            -- What was sent meanwhile stays sent.
            UPDATE messages SET status = 'withdrawn', updated_at = now()
            WHERE message_id = effect ->> 'message_id' AND pathway_id = p_pathway_id
                AND status IN ('requested', 'sending');
        END CASE;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION write_journal(
    p_pathway_id    text,
    p_episode       text,
    p_previous_hash bytea,
    p_seqs          bigint[],
    p_types         text[],
    p_actor_roles   text[],
    p_recorded_at   timestamptz[],
    p_observed_at   timestamptz[],
    p_key_ids       text[],
    p_bodies        bytea[],
    p_hashes        bytea[],
    p_view          jsonb,
    p_effects       jsonb
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    chain_start CONSTANT bytea := decode(repeat('00', 32), 'hex');
    first_seq   CONSTANT bigint := p_seqs[1];
    newest_seq  CONSTANT bigint := p_seqs[cardinality(p_seqs)];
    last_seq    bigint;
    last_hash   bytea;
    view        pathways;
BEGIN
    -- Writers of one episode queue up here; statements below see what the one before has committed.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_pathway_id || '/' || p_episode, 0));

    SELECT seq, hash INTO last_seq, last_hash FROM journal
    WHERE pathway_id = p_pathway_id AND episode = p_episode ORDER BY seq DESC LIMIT 1;
    last_seq := coalesce(last_seq, 0);
    last_hash := coalesce(last_hash, chain_start);

    IF first_seq > last_seq + 1 THEN
        RETURN 'journal_gap';
    END IF;
    IF first_seq = last_seq + 1 THEN
        IF p_previous_hash <> last_hash THEN
            RETURN 'journal_chain_broken';
        END IF;
    ELSIF EXISTS (
        SELECT FROM unnest(p_seqs, p_hashes) AS given (seq, hash)
        JOIN journal AS kept ON kept.pathway_id = p_pathway_id AND kept.episode = p_episode AND kept.seq = given.seq
        WHERE kept.hash <> given.hash
    ) THEN
        RETURN 'journal_conflict';
    END IF;
    IF newest_seq <= last_seq THEN
        RETURN 'written';
    END IF;

    INSERT INTO journal (pathway_id, episode, seq, type, actor_role, recorded_at, observed_at, key_id, body, hash)
    SELECT p_pathway_id, p_episode, given.*
    FROM unnest(p_seqs, p_types, p_actor_roles, p_recorded_at, p_observed_at, p_key_ids, p_bodies, p_hashes)
        AS given (seq, type, actor_role, recorded_at, observed_at, key_id, body, hash)
    WHERE given.seq > last_seq;

    view := jsonb_populate_record(NULL::pathways, p_view);
    INSERT INTO pathways AS kept (
        pathway_id, episode, phase, protocol, cycle, sessions_given, sessions_planned,
        version, next_due_at, next_due_reason, opened_at, updated_at
    ) VALUES (
        p_pathway_id, p_episode, view.phase, view.protocol, view.cycle, view.sessions_given, view.sessions_planned,
        newest_seq, view.next_due_at, view.next_due_reason, view.opened_at, now()
    ) ON CONFLICT (pathway_id, episode) DO UPDATE SET
        phase = excluded.phase, protocol = excluded.protocol, cycle = excluded.cycle,
        sessions_given = excluded.sessions_given, sessions_planned = excluded.sessions_planned,
        version = excluded.version, next_due_at = excluded.next_due_at, next_due_reason = excluded.next_due_reason,
        opened_at = excluded.opened_at, updated_at = excluded.updated_at
    WHERE kept.version < excluded.version;

    -- Only effects of events that are new: an older batch that comes late must not open again what was closed since.
    PERFORM apply_effects(p_pathway_id, p_episode, (
        SELECT coalesce(jsonb_agg(value ORDER BY ordinality), '[]') FROM jsonb_array_elements(p_effects) WITH ORDINALITY
        WHERE (value ->> 'seq')::bigint > last_seq
    ));

    RETURN 'written';
END
$$;

-- Moves the entries from number p_from on out of the journal, with what they did to the read model. The effects of the
-- entries before them are given anew, for they cannot be told apart from those of the entries that leave.
CREATE FUNCTION supersede_journal(
    p_pathway_id text, p_episode text, p_from bigint, p_effects jsonb, p_messages text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO journal_superseded
    SELECT journal.*, now() FROM journal
    WHERE pathway_id = p_pathway_id AND episode = p_episode AND seq >= p_from;
    DELETE FROM journal WHERE pathway_id = p_pathway_id AND episode = p_episode AND seq >= p_from;
    UPDATE pathways SET version = p_from - 1 WHERE pathway_id = p_pathway_id AND episode = p_episode;
    DELETE FROM work_items WHERE pathway_id = p_pathway_id AND episode = p_episode;
    -- A message that was handed on stays: nobody can take it back.
    DELETE FROM messages WHERE message_id = ANY (p_messages) AND pathway_id = p_pathway_id AND status = 'requested';
    PERFORM apply_effects(p_pathway_id, p_episode, p_effects);
END
$$;

-- migrate:down

DROP FUNCTION supersede_journal(text, text, bigint, jsonb, text[]);
CREATE OR REPLACE FUNCTION write_journal(
    p_pathway_id    text,
    p_episode       text,
    p_previous_hash bytea,
    p_seqs          bigint[],
    p_types         text[],
    p_actor_roles   text[],
    p_recorded_at   timestamptz[],
    p_observed_at   timestamptz[],
    p_key_ids       text[],
    p_bodies        bytea[],
    p_hashes        bytea[],
    p_view          jsonb,
    p_effects       jsonb
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    chain_start CONSTANT bytea := decode(repeat('00', 32), 'hex');
    first_seq   CONSTANT bigint := p_seqs[1];
    newest_seq  CONSTANT bigint := p_seqs[cardinality(p_seqs)];
    last_seq    bigint;
    last_hash   bytea;
    effect      jsonb;
    item        work_items;
    message     messages;
    view        pathways;
BEGIN
    -- Writers of one episode queue up here; statements below see what the one before has committed.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_pathway_id || '/' || p_episode, 0));

    SELECT seq, hash INTO last_seq, last_hash FROM journal
    WHERE pathway_id = p_pathway_id AND episode = p_episode ORDER BY seq DESC LIMIT 1;
    last_seq := coalesce(last_seq, 0);
    last_hash := coalesce(last_hash, chain_start);

    IF first_seq > last_seq + 1 THEN
        RETURN 'journal_gap';
    END IF;
    IF first_seq = last_seq + 1 THEN
        IF p_previous_hash <> last_hash THEN
            RETURN 'journal_chain_broken';
        END IF;
    ELSIF EXISTS (
        SELECT FROM unnest(p_seqs, p_hashes) AS given (seq, hash)
        JOIN journal AS kept ON kept.pathway_id = p_pathway_id AND kept.episode = p_episode AND kept.seq = given.seq
        WHERE kept.hash <> given.hash
    ) THEN
        RETURN 'journal_conflict';
    END IF;
    IF newest_seq <= last_seq THEN
        RETURN 'written';
    END IF;

    INSERT INTO journal (pathway_id, episode, seq, type, actor_role, recorded_at, observed_at, key_id, body, hash)
    SELECT p_pathway_id, p_episode, given.*
    FROM unnest(p_seqs, p_types, p_actor_roles, p_recorded_at, p_observed_at, p_key_ids, p_bodies, p_hashes)
        AS given (seq, type, actor_role, recorded_at, observed_at, key_id, body, hash)
    WHERE given.seq > last_seq;

    view := jsonb_populate_record(NULL::pathways, p_view);
    INSERT INTO pathways AS kept (
        pathway_id, episode, phase, protocol, cycle, sessions_given, sessions_planned,
        version, next_due_at, next_due_reason, opened_at, updated_at
    ) VALUES (
        p_pathway_id, p_episode, view.phase, view.protocol, view.cycle, view.sessions_given, view.sessions_planned,
        newest_seq, view.next_due_at, view.next_due_reason, view.opened_at, now()
    ) ON CONFLICT (pathway_id, episode) DO UPDATE SET
        phase = excluded.phase, protocol = excluded.protocol, cycle = excluded.cycle,
        sessions_given = excluded.sessions_given, sessions_planned = excluded.sessions_planned,
        version = excluded.version, next_due_at = excluded.next_due_at, next_due_reason = excluded.next_due_reason,
        opened_at = excluded.opened_at, updated_at = excluded.updated_at
    WHERE kept.version < excluded.version;

    -- Only effects of events that are new: an older batch that comes late must not open again what was closed since.
    FOR effect IN
        SELECT value FROM jsonb_array_elements(p_effects) WITH ORDINALITY
        WHERE (value ->> 'seq')::bigint > last_seq ORDER BY ordinality
    LOOP
        CASE effect ->> 'effect'
        WHEN 'opened' THEN
            item := jsonb_populate_record(NULL::work_items, effect);
            INSERT INTO work_items (
                pathway_id, episode, item_id, kind, subject, owner_role, owner_id,
                opened_at, due_at, hard_limit, next_deadline, steps
            ) VALUES (
                p_pathway_id, p_episode, item.item_id, item.kind, item.subject, item.owner_role, item.owner_id,
                item.opened_at, item.due_at, item.hard_limit, item.next_deadline, item.steps
            ) ON CONFLICT (pathway_id, episode, item_id) DO UPDATE SET
                -- Ids are not used twice; were one, the work is owed again rather than the journal held up.
                kind = excluded.kind, subject = excluded.subject, owner_role = excluded.owner_role,
                owner_id = excluded.owner_id, opened_at = excluded.opened_at, due_at = excluded.due_at,
                hard_limit = excluded.hard_limit, next_deadline = excluded.next_deadline, steps = excluded.steps,
                closed_at = NULL, closed_by = NULL, closed_by_role = NULL;
        WHEN 'overdue' THEN
            item := jsonb_populate_record(NULL::work_items, effect);
            UPDATE work_items SET steps = item.steps, next_deadline = item.next_deadline
            WHERE pathway_id = p_pathway_id AND episode = p_episode AND item_id = item.item_id;
        WHEN 'closed' THEN
            item := jsonb_populate_record(NULL::work_items, effect);
            UPDATE work_items
            SET closed_at = item.closed_at, closed_by = item.closed_by, closed_by_role = item.closed_by_role
            WHERE pathway_id = p_pathway_id AND episode = p_episode AND item_id = item.item_id;
        WHEN 'message' THEN
            -- The delivery may have come first, for it does not wait for the journal.
            message := jsonb_populate_record(NULL::messages, effect);
            INSERT INTO messages (message_id, pathway_id, template, to_role, to_id, about, requested_at)
            VALUES (
                message.message_id, p_pathway_id, message.template, message.to_role, message.to_id, message.about,
                message.requested_at
            ) ON CONFLICT (message_id) DO NOTHING;
        WHEN 'withdrawn' THEN
            -- What was sent meanwhile stays sent.
            UPDATE messages SET status = 'withdrawn', updated_at = now()
            WHERE message_id = effect ->> 'message_id' AND pathway_id = p_pathway_id
                AND status IN ('requested', 'sending');
        END CASE;
    END LOOP;

    RETURN 'written';
END
$$;
DROP FUNCTION apply_effects(text, text, jsonb);
DROP TRIGGER no_loss ON journal;
DROP FUNCTION refuse_journal_loss();
DROP TRIGGER append_only ON journal;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_journal_change();
ALTER TABLE journal ENABLE ALWAYS TRIGGER append_only;
DROP TABLE journal_superseded;
