CREATE TABLE "leo"."ended_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"ended_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "leo"."ended_sessions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "ended_sessions_expires" ON "leo"."ended_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE POLICY "service_select" ON "leo"."ended_sessions" AS PERMISSIVE FOR SELECT TO "leo_service" USING (true);--> statement-breakpoint
CREATE POLICY "service_insert" ON "leo"."ended_sessions" AS PERMISSIVE FOR INSERT TO "leo_service" WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "service_delete" ON "leo"."ended_sessions" AS PERMISSIVE FOR DELETE TO "leo_service" USING (true);--> statement-breakpoint
CREATE POLICY "user_select" ON "leo"."ended_sessions" AS PERMISSIVE FOR SELECT TO "leo_user" USING ("leo"."ended_sessions"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "user_insert" ON "leo"."ended_sessions" AS PERMISSIVE FOR INSERT TO "leo_user" WITH CHECK ("leo"."ended_sessions"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid);