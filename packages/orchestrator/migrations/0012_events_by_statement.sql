-- A foreign key is checked once an event, which cost more than all else of an insert. Two triggers hold
-- the same once a statement: an event belongs to a generation that exists, and goes with it.
ALTER TABLE "leo"."events" DROP CONSTRAINT "events_generation_id_generations_id_fk";
--> statement-breakpoint
DROP POLICY "service" ON "leo"."events" CASCADE;--> statement-breakpoint
CREATE POLICY "service_select" ON "leo"."events" AS PERMISSIVE FOR SELECT TO "leo_service" USING (true);--> statement-breakpoint
CREATE POLICY "service_insert" ON "leo"."events" AS PERMISSIVE FOR INSERT TO "leo_service" WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "service_delete" ON "leo"."events" AS PERMISSIVE FOR DELETE TO "leo_service" USING (true);--> statement-breakpoint
-- Runs as whoever inserts. The lock keeps a generation from being deleted before its events are committed.
CREATE FUNCTION "leo"."events_belong"() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
declare
  missing uuid;
begin
  -- It may lock nothing, and need not: its policy lets it insert only event 1 of a generation of its own.
  -- All that are committed have that, so this one was made in the same transaction.
  if current_user = 'leo_user' then return null; end if;
  with named as materialized (
    select distinct generation_id as id from added
  ), held as materialized (
    select g.id from leo.generations g where g.id in (select id from named) for key share
  )
  select id into missing from named where id not in (select id from held) limit 1;
  if found then
    raise foreign_key_violation using
      message = format('events of generation %s, which does not exist', missing),
      schema = 'leo', table = 'events', column = 'generation_id', constraint = 'events_belong';
  end if;
  return null;
end $$;--> statement-breakpoint
CREATE TRIGGER "events_belong" AFTER INSERT ON "leo"."events"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "leo"."events_belong"();--> statement-breakpoint
CREATE TRIGGER "events_belong_still" AFTER UPDATE ON "leo"."events"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "leo"."events_belong"();--> statement-breakpoint
CREATE FUNCTION "leo"."generations_take_events"() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
begin
  delete from leo.events where generation_id = old.id;
  return null;
end $$;--> statement-breakpoint
CREATE TRIGGER "generations_take_events" AFTER DELETE ON "leo"."generations"
  FOR EACH ROW EXECUTE FUNCTION "leo"."generations_take_events"();--> statement-breakpoint
-- When an app takes its generations with it, PostgreSQL runs the trigger as the owner of the tables.
CREATE POLICY "owner" ON "leo"."events" TO CURRENT_USER USING (pg_trigger_depth() > 0);
