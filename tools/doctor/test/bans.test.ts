import { expect, test } from "vitest";
import { runSql, withDatabase } from "@leo/local/testing/database.ts";
import { bansCheck } from "../src/checks/bans.ts";
import { closedUrl } from "./support/stand-in.ts";
import { SECRETS, targetWith, told } from "./support/target.ts";

const bansAt = (DatabaseUrl: string) =>
  told(bansCheck, targetWith({ stage: undefined, secrets: { ...SECRETS, DatabaseUrl } }));

test("bans are seen in the project's own database, by a role that may read them", async () => {
  await withDatabase(async (url) => {
    expect(await bansAt(url)).toEqual([
      "warning: auth.users is not in this database, so a ban in Supabase stops new tokens only",
    ]);
    await runSql(url, "create schema auth; create table auth.users (id uuid, banned_until timestamptz)");
    expect(await bansAt(url)).toEqual(["ok: a user who is banned in Supabase is suspended here"]);
  });
});

test("a role that may not look into schema auth, or not read the table, is told", async () => {
  await withDatabase(async (url) => {
    const role = `leo_bans_${process.pid}_${Date.now()}`;
    await runSql(
      url,
      `create schema auth; create table auth.users (id uuid, banned_until timestamptz); create role ${role} login`,
    );
    const asRole = new URL(url);
    asRole.username = role;
    const refused = [
      "warning: the role of DatabaseUrl may not read auth.users, so a ban in Supabase stops new tokens only",
    ];
    try {
      expect(await bansAt(asRole.href)).toEqual(refused);
      await runSql(url, `grant usage on schema auth to ${role}`);
      expect(await bansAt(asRole.href)).toEqual(refused);
      await runSql(url, `grant select on auth.users to ${role}`);
      expect(await bansAt(asRole.href)).toEqual(["ok: a user who is banned in Supabase is suspended here"]);
    } finally {
      await runSql(url, `drop owned by ${role}; drop role ${role}`);
    }
  });
});

test("bans are not looked at when the database does not answer", async () => {
  const closed = new URL(await closedUrl());
  await expect(bansAt(`postgresql://u:p@${closed.host}/db`)).rejects.toThrow("needs a working database");
});
