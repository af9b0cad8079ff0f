ALTER TABLE "leo"."attempts" ADD COLUMN "cut_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD COLUMN "event_bytes" bigint DEFAULT 0 NOT NULL;