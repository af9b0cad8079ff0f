CREATE TABLE "leo"."object_walk" (
	"id" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"began_at" timestamp with time zone DEFAULT to_timestamp(0) NOT NULL,
	"cursor" text DEFAULT '' NOT NULL,
	"objects" bigint DEFAULT 0 NOT NULL,
	"size_bytes" bigint DEFAULT 0 NOT NULL,
	"total_objects" bigint,
	"total_bytes" bigint,
	"lease_until" timestamp with time zone DEFAULT to_timestamp(0) NOT NULL,
	CONSTRAINT "object_walk_one" CHECK ("leo"."object_walk"."id")
);
--> statement-breakpoint
ALTER TABLE "leo"."object_walk" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "service" ON "leo"."object_walk" AS PERMISSIVE FOR ALL TO "leo_service" USING (true) WITH CHECK (true);