CREATE TABLE "leo"."audit" (
	"id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor_id" uuid NOT NULL,
	"actor_email" text,
	"action" text NOT NULL,
	"target_id" uuid,
	"before" jsonb NOT NULL,
	"after" jsonb NOT NULL,
	"request_id" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "leo"."audit" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "leo"."orphans" (
	"task_arn" text PRIMARY KEY NOT NULL,
	"started_by" text,
	"found_at" timestamp with time zone NOT NULL,
	"stopped_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "leo"."orphans" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "leo"."platform_settings" ADD COLUMN "launches_paused" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "audit_target" ON "leo"."audit" USING btree ("target_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "orphans_found_at" ON "leo"."orphans" USING btree ("found_at" DESC NULLS LAST);--> statement-breakpoint
CREATE POLICY "service_select" ON "leo"."audit" AS PERMISSIVE FOR SELECT TO "leo_service" USING (true);--> statement-breakpoint
CREATE POLICY "service_insert" ON "leo"."audit" AS PERMISSIVE FOR INSERT TO "leo_service" WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "service" ON "leo"."orphans" AS PERMISSIVE FOR ALL TO "leo_service" USING (true) WITH CHECK (true);