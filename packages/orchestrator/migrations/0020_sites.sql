CREATE TABLE "leo"."site_addresses" (
	"slug" text PRIMARY KEY NOT NULL,
	"app_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"former_until" timestamp with time zone,
	CONSTRAINT "site_addresses_slug" CHECK ("leo"."site_addresses"."slug" ~ '^[a-z0-9](-?[a-z0-9])*$')
);
--> statement-breakpoint
ALTER TABLE "leo"."site_addresses" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "leo"."site_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"app_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"generation_id" uuid NOT NULL,
	"state" text DEFAULT 'copying' NOT NULL,
	"prefix" text NOT NULL,
	"files" jsonb NOT NULL,
	"client_routes" boolean DEFAULT false NOT NULL,
	"size_bytes" bigint NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"copy_until" timestamp with time zone NOT NULL,
	"retired_at" timestamp with time zone,
	CONSTRAINT "site_versions_of_app" UNIQUE("id","app_id"),
	CONSTRAINT "site_versions_state" CHECK ("leo"."site_versions"."state" in ('copying', 'ready', 'removing')),
	CONSTRAINT "site_versions_size" CHECK ("leo"."site_versions"."size_bytes" >= 0)
);
--> statement-breakpoint
ALTER TABLE "leo"."site_versions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "leo"."sites" (
	"app_id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"live_id" uuid,
	"visibility" text DEFAULT 'public' NOT NULL,
	"link_key" text DEFAULT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') NOT NULL,
	"noindex" boolean DEFAULT true NOT NULL,
	"change" integer DEFAULT 0 NOT NULL,
	"accepted_findings" text,
	"published_at" timestamp with time zone,
	"unpublished_at" timestamp with time zone,
	"taken_down_at" timestamp with time zone,
	"taken_down_reason" text,
	CONSTRAINT "sites_visibility" CHECK ("leo"."sites"."visibility" in ('public', 'link')),
	CONSTRAINT "sites_live" CHECK ("leo"."sites"."live_id" is null or "leo"."sites"."published_at" is not null),
	CONSTRAINT "sites_taken_down" CHECK (("leo"."sites"."taken_down_at" is null) = ("leo"."sites"."taken_down_reason" is null)),
	CONSTRAINT "sites_down" CHECK ("leo"."sites"."taken_down_at" is null or "leo"."sites"."live_id" is null)
);
--> statement-breakpoint
ALTER TABLE "leo"."sites" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "leo"."site_addresses" ADD CONSTRAINT "site_addresses_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "leo"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."site_versions" ADD CONSTRAINT "site_versions_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "leo"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."site_versions" ADD CONSTRAINT "site_versions_generation_id_generations_id_fk" FOREIGN KEY ("generation_id") REFERENCES "leo"."generations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."sites" ADD CONSTRAINT "sites_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "leo"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."sites" ADD CONSTRAINT "sites_live_version" FOREIGN KEY ("live_id","app_id") REFERENCES "leo"."site_versions"("id","app_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "site_addresses_present" ON "leo"."site_addresses" USING btree ("app_id") WHERE "leo"."site_addresses"."former_until" is null;--> statement-breakpoint
CREATE INDEX "site_addresses_app" ON "leo"."site_addresses" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "site_addresses_former" ON "leo"."site_addresses" USING btree ("former_until") WHERE "leo"."site_addresses"."former_until" is not null;--> statement-breakpoint
CREATE INDEX "site_versions_app" ON "leo"."site_versions" USING btree ("app_id","retired_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "site_versions_generation" ON "leo"."site_versions" USING btree ("generation_id");--> statement-breakpoint
CREATE INDEX "site_versions_unready" ON "leo"."site_versions" USING btree ("copy_until") WHERE "leo"."site_versions"."state" <> 'ready';--> statement-breakpoint
CREATE INDEX "sites_live_of" ON "leo"."sites" USING btree ("live_id");--> statement-breakpoint
CREATE INDEX "sites_owner" ON "leo"."sites" USING btree ("owner_id") WHERE "leo"."sites"."live_id" is not null;--> statement-breakpoint
CREATE POLICY "service" ON "leo"."site_addresses" AS PERMISSIVE FOR ALL TO "leo_service" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "user_select" ON "leo"."site_addresses" AS PERMISSIVE FOR SELECT TO "leo_user" USING ("leo"."site_addresses"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."site_addresses"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "user_insert" ON "leo"."site_addresses" AS PERMISSIVE FOR INSERT TO "leo_user" WITH CHECK ("leo"."site_addresses"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."site_addresses"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "user_update" ON "leo"."site_addresses" AS PERMISSIVE FOR UPDATE TO "leo_user" USING ("leo"."site_addresses"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."site_addresses"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid)) WITH CHECK ("leo"."site_addresses"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."site_addresses"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "user_delete" ON "leo"."site_addresses" AS PERMISSIVE FOR DELETE TO "leo_user" USING ("leo"."site_addresses"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."site_addresses"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "service" ON "leo"."site_versions" AS PERMISSIVE FOR ALL TO "leo_service" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "user_select" ON "leo"."site_versions" AS PERMISSIVE FOR SELECT TO "leo_user" USING ("leo"."site_versions"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."site_versions"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid) and exists (select from leo.generations g where g.id = "leo"."site_versions"."generation_id" and g.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "user_insert" ON "leo"."site_versions" AS PERMISSIVE FOR INSERT TO "leo_user" WITH CHECK ("leo"."site_versions"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."site_versions"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid) and exists (select from leo.generations g where g.id = "leo"."site_versions"."generation_id" and g.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "user_update" ON "leo"."site_versions" AS PERMISSIVE FOR UPDATE TO "leo_user" USING ("leo"."site_versions"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."site_versions"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid) and exists (select from leo.generations g where g.id = "leo"."site_versions"."generation_id" and g.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid)) WITH CHECK ("leo"."site_versions"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."site_versions"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid) and exists (select from leo.generations g where g.id = "leo"."site_versions"."generation_id" and g.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "service" ON "leo"."sites" AS PERMISSIVE FOR ALL TO "leo_service" USING (true) WITH CHECK (true);--> statement-breakpoint
CREATE POLICY "user_select" ON "leo"."sites" AS PERMISSIVE FOR SELECT TO "leo_user" USING ("leo"."sites"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."sites"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid));--> statement-breakpoint
CREATE POLICY "user_insert" ON "leo"."sites" AS PERMISSIVE FOR INSERT TO "leo_user" WITH CHECK ("leo"."sites"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."sites"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid) and "leo"."sites"."taken_down_at" is null);--> statement-breakpoint
CREATE POLICY "user_update" ON "leo"."sites" AS PERMISSIVE FOR UPDATE TO "leo_user" USING ("leo"."sites"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."sites"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid) and "leo"."sites"."taken_down_at" is null) WITH CHECK ("leo"."sites"."owner_id" = nullif(current_setting('leo.user_id', true), '')::uuid and exists (select from leo.apps a where a.id = "leo"."sites"."app_id" and a.owner_id = nullif(current_setting('leo.user_id', true), '')::uuid) and "leo"."sites"."taken_down_at" is null);