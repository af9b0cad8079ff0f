ALTER TABLE "leo"."user_messages" ADD COLUMN "returned_at" timestamp with time zone;--> statement-breakpoint
UPDATE "leo"."user_messages" m SET "returned_at" = e."at" FROM "leo"."events" e
WHERE e."generation_id" = m."generation_id" AND e."type" = 'user_message_returned' AND e."body" ->> 'messageId' = m."id"::text;
