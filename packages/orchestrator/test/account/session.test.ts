import { expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { openUiSocket, withOrchestrator } from "../support/orchestrator.ts";

test("signing out closes that sign-in's sockets on every orchestrator and rejects its tokens", () =>
  withOrchestrator({}, async (leo) => {
    const other = await leo.startAnother();
    const [ended, lasting] = [newId(), newId()];
    const tokenOf = (sessionId: string) => leo.sign(leo.userId, { session_id: sessionId });
    const [token, lastingToken] = [await tokenOf(ended), await tokenOf(lasting)];
    const welcomed = async (url: string, accessToken: string) => {
      const browser = await openUiSocket(url);
      browser.send({ type: "hello", protocol: 1, accessToken });
      await browser.first("welcome");
      return browser;
    };
    const here = await welcomed(leo.orchestrator.url, token);
    const there = await welcomed(other.url, token);
    const kept = await welcomed(other.url, lastingToken);
    const as = (accessToken: string, url = leo.orchestrator.url) => ({
      usage: async () =>
        (await fetch(`${url}/api/usage`, { headers: { authorization: `Bearer ${accessToken}` } })).status,
      end: async () => {
        const headers = { authorization: `Bearer ${accessToken}` };
        return (await fetch(`${url}/api/session/end`, { method: "POST", headers })).status;
      },
    });
    expect(await as(token).usage()).toBe(200);
    expect(await as(token).end()).toBe(204);
    const signedOut = { code: CloseCode.unauthenticated, reason: "signed out" };
    expect(await Promise.all([here.closed, there.closed])).toEqual([signedOut, signedOut]);
    // Also a token that Supabase gave out for the same sign-in a moment before.
    for (const accessToken of [token, await tokenOf(ended)]) {
      expect(await as(accessToken).usage()).toBe(401);
      expect(await as(accessToken, other.url).usage()).toBe(401);
    }
    const refused = await openUiSocket(other.url);
    refused.send({ type: "hello", protocol: 1, accessToken: token });
    expect(await refused.closed).toEqual({
      code: CloseCode.unauthenticated,
      reason: "You have signed out. Sign in again.",
    });
    expect(kept.socket.readyState).toBe(1);
    expect(await as(lastingToken).usage()).toBe(200);
    const later = await leo.startAnother();
    expect(await as(token, later.url).usage()).toBe(401);
  }));

test("an ended session is forgotten when the last of its tokens has expired", () => {
  const clock = { aheadMs: 0 };
  return withOrchestrator({ clock }, async (leo) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { session_id: newId(), iat: now, exp: now + 60 };
    const headers = { authorization: `Bearer ${await leo.sign(leo.userId, claims)}` };
    await fetch(`${leo.orchestrator.url}/api/session/end`, { method: "POST", headers });
    const known = async () => (await leo.database.pool.query("select from leo.ended_sessions")).rowCount ?? 0;
    expect(await known()).toBe(1);
    clock.aheadMs = 61_000;
    await leo.startAnother();
    expect(await known()).toBe(0);
  });
});
