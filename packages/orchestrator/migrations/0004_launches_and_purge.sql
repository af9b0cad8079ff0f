ALTER TABLE "leo"."attempts" ALTER COLUMN "on_demand" SET DEFAULT false;--> statement-breakpoint
ALTER TABLE "leo"."attempts" ADD COLUMN "previous_token_hash" text;--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD COLUMN "on_demand" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD COLUMN "purged_at" timestamp with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_previous_token" ON "leo"."attempts" USING btree ("previous_token_hash");--> statement-breakpoint
CREATE INDEX "generations_unpurged" ON "leo"."generations" USING btree ("finished_at") WHERE "leo"."generations"."purged_at" is null;--> statement-breakpoint
CREATE INDEX "generations_base_of" ON "leo"."generations" USING btree ("base_generation_id");--> statement-breakpoint
ALTER TABLE "leo"."apps" ADD CONSTRAINT "apps_name" CHECK (length("leo"."apps"."name") between 1 and 80);--> statement-breakpoint
ALTER TABLE "leo"."attempts" ADD CONSTRAINT "attempts_numbers" CHECK ("leo"."attempts"."number" >= 1 and "leo"."attempts"."launch_count" >= 0 and "leo"."attempts"."last_n" >= 0 and "leo"."attempts"."cost_usd" >= 0 and "leo"."attempts"."vcpu" > 0 and "leo"."attempts"."memory_mib" > 0);--> statement-breakpoint
ALTER TABLE "leo"."attempts" ADD CONSTRAINT "attempts_ended" CHECK (("leo"."attempts"."ended_at" is null) = ("leo"."attempts"."ended_class" is null));--> statement-breakpoint
ALTER TABLE "leo"."attempts" ADD CONSTRAINT "attempts_stop" CHECK (("leo"."attempts"."stop_requested_at" is null) = ("leo"."attempts"."stop_reason" is null));--> statement-breakpoint
ALTER TABLE "leo"."events" ADD CONSTRAINT "events_from" CHECK (("leo"."events"."attempt_id" is null) = ("leo"."events"."n" is null));--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD CONSTRAINT "generations_numbers" CHECK ("leo"."generations"."last_seq" >= 0 and "leo"."generations"."cost_usd" >= 0 and "leo"."generations"."vcpu" > 0 and "leo"."generations"."memory_mib" > 0);--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD CONSTRAINT "generations_purged" CHECK ("leo"."generations"."purged_at" is null or "leo"."generations"."finished_at" is not null);--> statement-breakpoint
ALTER TABLE "leo"."user_messages" ADD CONSTRAINT "user_messages_text" CHECK (length("leo"."user_messages"."text") between 1 and 15000);