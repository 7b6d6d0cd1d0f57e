-- migrate:up

-- How pressing work is, and what colleagues did about it: reminded its owner, were asked for help, are offered it. Of work that
-- was recorded before, the next inventory fills this in from the journal.
ALTER TABLE work_items
    ADD COLUMN priority         text,
    ADD COLUMN acknowledge_by   timestamptz,
    ADD COLUMN taken_over       boolean,
    ADD COLUMN reminded_at      timestamptz,
    ADD COLUMN help_asked_at    timestamptz,
    ADD COLUMN offered_to       text,
    ADD COLUMN offer_expires_at timestamptz;

CREATE INDEX work_items_offered ON work_items (offered_to) WHERE closed_at IS NULL AND offered_to IS NOT NULL;

-- As before, and 'marked' sets what colleagues did.
CREATE OR REPLACE FUNCTION apply_effects(p_pathway_id text, p_episode text, p_effects jsonb) RETURNS void LANGUAGE plpgsql AS $$
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
                opened_at, due_at, hard_limit, next_deadline, steps,
                priority, acknowledge_by, taken_over, reminded_at, offered_to, offer_expires_at
            ) VALUES (
                p_pathway_id, p_episode, item.item_id, item.kind, item.subject, item.owner_role, item.owner_id,
                item.opened_at, item.due_at, item.hard_limit, item.next_deadline, item.steps,
                item.priority, item.acknowledge_by, item.taken_over, item.reminded_at, item.offered_to,
                item.offer_expires_at
            ) ON CONFLICT (pathway_id, episode, item_id) DO UPDATE SET
                -- Ids are not used twice; were one, the work is owed again rather than the journal held up.
                kind = excluded.kind, subject = excluded.subject, owner_role = excluded.owner_role,
                owner_id = excluded.owner_id, opened_at = excluded.opened_at, due_at = excluded.due_at,
                hard_limit = excluded.hard_limit, next_deadline = excluded.next_deadline, steps = excluded.steps,
                priority = excluded.priority, acknowledge_by = excluded.acknowledge_by,
                taken_over = excluded.taken_over, reminded_at = excluded.reminded_at,
                offered_to = excluded.offered_to, offer_expires_at = excluded.offer_expires_at,
                closed_at = NULL, closed_by = NULL, closed_by_role = NULL;
        WHEN 'overdue' THEN
            item := jsonb_populate_record(NULL::work_items, effect);
            UPDATE work_items SET steps = item.steps, next_deadline = item.next_deadline
            WHERE pathway_id = p_pathway_id AND episode = p_episode AND item_id = item.item_id;
        WHEN 'marked' THEN
            SELECT * INTO item FROM work_items
            WHERE pathway_id = p_pathway_id AND episode = p_episode AND item_id = effect ->> 'item_id';
            -- What the effect does not name keeps its value.
            item := jsonb_populate_record(item, effect);
            UPDATE work_items SET
                reminded_at = item.reminded_at, help_asked_at = item.help_asked_at,
                offered_to = item.offered_to, offer_expires_at = item.offer_expires_at
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

-- migrate:down

CREATE OR REPLACE FUNCTION apply_effects(p_pathway_id text, p_episode text, p_effects jsonb) RETURNS void LANGUAGE plpgsql AS $$
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

DROP INDEX work_items_offered;
ALTER TABLE work_items
    DROP COLUMN priority,
    DROP COLUMN acknowledge_by,
    DROP COLUMN taken_over,
    DROP COLUMN reminded_at,
    DROP COLUMN help_asked_at,
    DROP COLUMN offered_to,
    DROP COLUMN offer_expires_at;
