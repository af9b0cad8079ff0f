CREATE SCHEMA IF NOT EXISTS "leo";
--> statement-breakpoint
CREATE TABLE "leo"."apps" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "leo"."attempts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"generation_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"token_hash" text NOT NULL,
	"vcpu" real NOT NULL,
	"memory_mib" integer NOT NULL,
	"launch_count" integer DEFAULT 0 NOT NULL,
	"launch_lease_until" timestamp with time zone NOT NULL,
	"task_arn" text,
	"task_version" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"task_accepted_at" timestamp with time zone,
	"task_running_at" timestamp with time zone,
	"ready_at" timestamp with time zone,
	"last_frame_at" timestamp with time zone,
	"last_activity_at" timestamp with time zone,
	"deadline_at" timestamp with time zone NOT NULL,
	"last_n" integer DEFAULT 0 NOT NULL,
	"cost_usd" numeric(12, 6) DEFAULT 0 NOT NULL,
	"stop_requested_at" timestamp with time zone,
	"stop_reason" text,
	"ended_at" timestamp with time zone,
	"ended_class" text,
	"ended_detail" text,
	"on_demand" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE TABLE "leo"."events" (
	"generation_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"attempt_id" uuid,
	"n" integer,
	"at" timestamp with time zone NOT NULL,
	"type" text NOT NULL,
	"body" json NOT NULL,
	CONSTRAINT "events_generation_id_seq_pk" PRIMARY KEY("generation_id","seq"),
	CONSTRAINT "events_seq" CHECK ("leo"."events"."seq" >= 1)
);
--> statement-breakpoint
CREATE TABLE "leo"."generations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"app_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"prompt" text NOT NULL,
	"mode" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"base_generation_id" uuid,
	"attempt" integer DEFAULT 0 NOT NULL,
	"max_attempts" integer NOT NULL,
	"memory_mib" integer NOT NULL,
	"vcpu" real NOT NULL,
	"available_at" timestamp with time zone DEFAULT to_timestamp(0) NOT NULL,
	"cancel_requested_at" timestamp with time zone,
	"last_seq" integer DEFAULT 0 NOT NULL,
	"cost_usd" numeric(12, 6) DEFAULT 0 NOT NULL,
	"failure" jsonb,
	"artifact_prefix" text,
	"manifest" jsonb,
	"idempotency_key" text,
	"request_hash" text,
	"publish_lease_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "generations_state" CHECK ("leo"."generations"."state" in ('queued', 'starting', 'running', 'publishing', 'completed', 'failed', 'cancelled')),
	CONSTRAINT "generations_mode" CHECK ("leo"."generations"."mode" in ('autonomous', 'plan_first')),
	CONSTRAINT "generations_failure" CHECK (("leo"."generations"."state" = 'failed') = ("leo"."generations"."failure" is not null)),
	CONSTRAINT "generations_failure_code" CHECK ("leo"."generations"."failure" is null or "leo"."generations"."failure" ->> 'code' in ('capacity', 'quota', 'image_pull', 'out_of_memory', 'start_timeout', 'heartbeat_lost', 'stalled', 'deadline', 'budget', 'agent_error', 'verify_failed', 'upload_failed', 'interrupted', 'expired', 'internal')),
	CONSTRAINT "generations_finished" CHECK (("leo"."generations"."state" in ('completed', 'failed', 'cancelled')) = ("leo"."generations"."finished_at" is not null)),
	CONSTRAINT "generations_prompt" CHECK (length("leo"."generations"."prompt") between 1 and 15000),
	CONSTRAINT "generations_attempt" CHECK ("leo"."generations"."attempt" between 0 and "leo"."generations"."max_attempts")
);
--> statement-breakpoint
CREATE TABLE "leo"."user_messages" (
	"id" uuid PRIMARY KEY NOT NULL,
	"generation_id" uuid NOT NULL,
	"text" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"delivered_attempt" integer
);
--> statement-breakpoint
ALTER TABLE "leo"."attempts" ADD CONSTRAINT "attempts_generation_id_generations_id_fk" FOREIGN KEY ("generation_id") REFERENCES "leo"."generations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."events" ADD CONSTRAINT "events_generation_id_generations_id_fk" FOREIGN KEY ("generation_id") REFERENCES "leo"."generations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD CONSTRAINT "generations_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "leo"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD CONSTRAINT "generations_base" FOREIGN KEY ("base_generation_id") REFERENCES "leo"."generations"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leo"."user_messages" ADD CONSTRAINT "user_messages_generation_id_generations_id_fk" FOREIGN KEY ("generation_id") REFERENCES "leo"."generations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "apps_owner" ON "leo"."apps" USING btree ("owner_id","updated_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "apps_deleted" ON "leo"."apps" USING btree ("deleted_at") WHERE "leo"."apps"."deleted_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_number" ON "leo"."attempts" USING btree ("generation_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_token" ON "leo"."attempts" USING btree ("token_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_task" ON "leo"."attempts" USING btree ("task_arn");--> statement-breakpoint
CREATE INDEX "attempts_open" ON "leo"."attempts" USING btree ("created_at") WHERE "leo"."attempts"."ended_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "events_message" ON "leo"."events" USING btree ("attempt_id","n");--> statement-breakpoint
CREATE UNIQUE INDEX "generations_idempotency" ON "leo"."generations" USING btree ("owner_id","idempotency_key");--> statement-breakpoint
CREATE UNIQUE INDEX "generations_one_active" ON "leo"."generations" USING btree ("app_id") WHERE "leo"."generations"."state" not in ('completed', 'failed', 'cancelled');--> statement-breakpoint
CREATE INDEX "generations_app" ON "leo"."generations" USING btree ("app_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "generations_queue" ON "leo"."generations" USING btree ("owner_id","created_at","id") WHERE "leo"."generations"."state" = 'queued';--> statement-breakpoint
CREATE INDEX "generations_active" ON "leo"."generations" USING btree ("owner_id") WHERE "leo"."generations"."state" in ('starting', 'running', 'publishing');--> statement-breakpoint
CREATE INDEX "generations_owner_day" ON "leo"."generations" USING btree ("owner_id","created_at");--> statement-breakpoint
CREATE INDEX "generations_finished_at" ON "leo"."generations" USING btree ("finished_at");--> statement-breakpoint
CREATE INDEX "user_messages_generation" ON "leo"."user_messages" USING btree ("generation_id","created_at");