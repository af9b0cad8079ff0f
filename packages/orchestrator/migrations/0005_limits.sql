CREATE TABLE "leo"."ledger" (
	"generation_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"owner_id" uuid NOT NULL,
	"day" date NOT NULL,
	"reserved_usd" numeric(12, 6) NOT NULL,
	"cost_usd" numeric(12, 6),
	"charged_usd" numeric(12, 6),
	"reserved_at" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "ledger_generation_id_attempt_pk" PRIMARY KEY("generation_id","attempt"),
	CONSTRAINT "ledger_numbers" CHECK ("leo"."ledger"."attempt" >= 1 and "leo"."ledger"."reserved_usd" >= 0 and "leo"."ledger"."cost_usd" >= 0),
	CONSTRAINT "ledger_charged" CHECK ("leo"."ledger"."charged_usd" between 0 and least("leo"."ledger"."cost_usd", "leo"."ledger"."reserved_usd")),
	CONSTRAINT "ledger_settled" CHECK (("leo"."ledger"."settled_at" is null) = ("leo"."ledger"."cost_usd" is null) and ("leo"."ledger"."settled_at" is null) = ("leo"."ledger"."charged_usd" is null))
);
--> statement-breakpoint
CREATE TABLE "leo"."platform_settings" (
	"id" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"intake_open" boolean DEFAULT true NOT NULL,
	"intake_message" text,
	"day_budget_usd" numeric(12, 6),
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "platform_settings_one" CHECK ("leo"."platform_settings"."id"),
	CONSTRAINT "platform_settings_budget" CHECK ("leo"."platform_settings"."day_budget_usd" >= 0)
);
--> statement-breakpoint
CREATE TABLE "leo"."users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text,
	"running_per_user" integer,
	"queued_per_user" integer,
	"generations_per_day" integer,
	"generation_budget_usd" numeric(12, 6),
	"day_budget_usd" numeric(12, 6),
	"suspended_at" timestamp with time zone,
	"suspended_reason" text,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "users_limits" CHECK ("leo"."users"."running_per_user" >= 0 and "leo"."users"."queued_per_user" >= 0 and "leo"."users"."generations_per_day" >= 0 and "leo"."users"."generation_budget_usd" > 0 and "leo"."users"."day_budget_usd" >= 0),
	CONSTRAINT "users_suspended" CHECK (("leo"."users"."suspended_at" is null) = ("leo"."users"."suspended_reason" is null))
);
--> statement-breakpoint
CREATE INDEX "ledger_owner_day" ON "leo"."ledger" USING btree ("owner_id","day");--> statement-breakpoint
CREATE INDEX "ledger_day" ON "leo"."ledger" USING btree ("day");--> statement-breakpoint
CREATE INDEX "ledger_open" ON "leo"."ledger" USING btree ("reserved_at") WHERE "leo"."ledger"."settled_at" is null;--> statement-breakpoint
CREATE INDEX "users_last_seen" ON "leo"."users" USING btree ("last_seen_at" DESC NULLS LAST,"id");--> statement-breakpoint
-- People who are here already. Their e-mail addresses come with their next request.
INSERT INTO "leo"."users" ("id", "first_seen_at", "last_seen_at")
SELECT "owner_id", min("created_at"), max("updated_at") FROM "leo"."apps" GROUP BY "owner_id";
--> statement-breakpoint
-- Runs that are over, so that the history begins with them. Reconciliation makes the entries of those at work.
INSERT INTO "leo"."ledger" ("generation_id", "attempt", "owner_id", "day", "reserved_usd", "cost_usd", "charged_usd", "reserved_at", "settled_at")
SELECT "id", greatest("attempt", 1), "owner_id", ("created_at" AT TIME ZONE 'UTC')::date, "cost_usd", "cost_usd",
       CASE WHEN "failure" ->> 'code' IN ('capacity', 'quota', 'image_pull', 'out_of_memory', 'start_timeout', 'heartbeat_lost', 'stalled', 'upload_failed', 'interrupted', 'expired', 'internal')
            THEN 0 ELSE "cost_usd" END,
       "created_at", "finished_at"
FROM "leo"."generations" WHERE "finished_at" IS NOT NULL;
