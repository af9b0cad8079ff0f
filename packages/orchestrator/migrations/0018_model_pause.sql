ALTER TABLE "leo"."attempts" ADD COLUMN "model_answered_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD COLUMN "wait_code" text;--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD COLUMN "waits" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "leo"."platform_settings" ADD COLUMN "model_fault" text;--> statement-breakpoint
ALTER TABLE "leo"."platform_settings" ADD COLUMN "model_fault_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "leo"."platform_settings" ADD COLUMN "model_probe_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "leo"."platform_settings" ADD COLUMN "model_probes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "leo"."generations" ADD CONSTRAINT "generations_wait" CHECK ("leo"."generations"."wait_code" is null or "leo"."generations"."state" = 'queued');--> statement-breakpoint
ALTER TABLE "leo"."platform_settings" ADD CONSTRAINT "platform_settings_model" CHECK (("leo"."platform_settings"."model_fault" is null) = ("leo"."platform_settings"."model_fault_at" is null) and ("leo"."platform_settings"."model_fault" is null) = ("leo"."platform_settings"."model_probe_at" is null));