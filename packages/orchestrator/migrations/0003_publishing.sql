CREATE TABLE "leo"."app_publishing" (
	"app_id" uuid PRIMARY KEY NOT NULL,
	"automatic" boolean DEFAULT false NOT NULL,
	"repository_id" bigint,
	"repository_name" text,
	"head_sha" text,
	"head_generation_id" uuid,
	"accepted_findings" text,
	"invited_login" text,
	"invitation_failure" text,
	"invitation_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "leo"."github_accounts" (
	"owner_id" uuid PRIMARY KEY NOT NULL,
	"login" text NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "leo"."publications" (
	"id" uuid PRIMARY KEY NOT NULL,
	"app_id" uuid NOT NULL,
	"generation_id" uuid NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"automatic" boolean NOT NULL,
	"confirmed_findings" text,
	"on_top_of" text,
	"tries" integer DEFAULT 0 NOT NULL,
	"available_at" timestamp with time zone NOT NULL,
	"lease_until" timestamp with time zone,
	"commit_sha" text,
	"repository_name" text,
	"failure" jsonb,
	"created_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "publications_state" CHECK ("leo"."publications"."state" in ('queued', 'running', 'done', 'failed')),
	CONSTRAINT "publications_failure" CHECK (("leo"."publications"."state" = 'failed') = ("leo"."publications"."failure" is not null)),
	CONSTRAINT "publications_finished" CHECK (("leo"."publications"."state" in ('done', 'failed')) = ("leo"."publications"."finished_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "leo"."secret_scans" (
	"generation_id" uuid PRIMARY KEY NOT NULL,
	"rules" text NOT NULL,
	"found" jsonb,
	"scanned_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "leo"."app_publishing" ADD CONSTRAINT "app_publishing_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "leo"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."publications" ADD CONSTRAINT "publications_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "leo"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."publications" ADD CONSTRAINT "publications_generation_id_generations_id_fk" FOREIGN KEY ("generation_id") REFERENCES "leo"."generations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."secret_scans" ADD CONSTRAINT "secret_scans_generation_id_generations_id_fk" FOREIGN KEY ("generation_id") REFERENCES "leo"."generations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "publications_one_open" ON "leo"."publications" USING btree ("generation_id") WHERE "leo"."publications"."finished_at" is null;--> statement-breakpoint
CREATE INDEX "publications_open" ON "leo"."publications" USING btree ("app_id","id") WHERE "leo"."publications"."finished_at" is null;--> statement-breakpoint
CREATE INDEX "publications_app" ON "leo"."publications" USING btree ("app_id","generation_id","id" DESC NULLS LAST);