-- Browsers that follow their user's apps are notified of every change that an app's page or card shows, whichever
-- code makes it. An update that names none of these columns, as every commit of events, runs no trigger.
CREATE FUNCTION "leo"."notify_app_changed"() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
begin
  perform pg_notify('leo_apps', new.owner_id || ':' || new.id);
  return null;
end $$;--> statement-breakpoint
CREATE FUNCTION "leo"."notify_generation_changed"() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
begin
  perform pg_notify('leo_apps', new.owner_id || ':' || new.app_id);
  return null;
end $$;--> statement-breakpoint
CREATE TRIGGER "apps_changed" AFTER INSERT OR UPDATE OF "name", "deleted_at" ON "leo"."apps"
FOR EACH ROW EXECUTE FUNCTION "leo"."notify_app_changed"();--> statement-breakpoint
CREATE TRIGGER "generations_added" AFTER INSERT ON "leo"."generations"
FOR EACH ROW EXECUTE FUNCTION "leo"."notify_generation_changed"();--> statement-breakpoint
CREATE TRIGGER "generations_changed" AFTER UPDATE OF "state", "cancel_requested_at", "available_at", "manifest" ON "leo"."generations"
FOR EACH ROW WHEN (
  old."state" is distinct from new."state"
  or old."cancel_requested_at" is distinct from new."cancel_requested_at"
  or old."available_at" is distinct from new."available_at"
  or (old."manifest" is null) <> (new."manifest" is null)
) EXECUTE FUNCTION "leo"."notify_generation_changed"();
