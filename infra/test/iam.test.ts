/** The evaluator that the role tests rely on. */
import { expect, test } from "vitest";
import { isAllowed, type Statement } from "./support/iam.ts";

const allow = (rest: Partial<Statement>): Statement => ({
  Effect: "Allow",
  Action: "s3:GetObject",
  Resource: "*",
  ...rest,
});
const request = { action: "s3:GetObject", resource: "arn:aws:s3:::bucket/key" };

test("nothing is allowed without a statement", () => {
  expect(isAllowed([], request)).toBe(false);
});

test("a denial beats a permission", () => {
  expect(isAllowed([allow({})], request)).toBe(true);
  expect(isAllowed([allow({}), allow({ Effect: "Deny" })], request)).toBe(false);
});

test("actions match in any case, resources in theirs", () => {
  expect(isAllowed([allow({ Action: "S3:getobject" })], request)).toBe(true);
  expect(isAllowed([allow({ Resource: "arn:aws:s3:::BUCKET/*" })], request)).toBe(false);
});

test("a dot in a pattern is a dot", () => {
  expect(isAllowed([allow({ Resource: "arn:aws:s3:::buck.t/*" })], request)).toBe(false);
});

test("a star in an action covers a whole service", () => {
  expect(isAllowed([allow({ Action: ["sqs:*", "s3:*"] })], request)).toBe(true);
});

test("Null asks for absence or presence", () => {
  const present = allow({ Condition: { Null: { "s3:if-none-match": "false" } } });
  expect(isAllowed([present], request)).toBe(false);
  expect(isAllowed([present], { ...request, context: { "s3:if-none-match": "*" } })).toBe(true);
});

test("all conditions must hold", () => {
  const both = allow({ Condition: { StringEquals: { a: "1", b: ["2", "3"] } } });
  expect(isAllowed([both], { ...request, context: { a: "1", b: "3" } })).toBe(true);
  expect(isAllowed([both], { ...request, context: { a: "1" } })).toBe(false);
});

test("an operator it does not know is an error, not a guess", () => {
  expect(() => isAllowed([allow({ Condition: { DateLessThan: { now: "x" } } })], request)).toThrow(
    /DateLessThan/,
  );
});
