import { expect, test } from "vitest";
import { evidenceOf } from "./photos";

test("the evidence is named by header or body", () => {
  expect(evidenceOf("abc", "")).toBe("abc");
  expect(evidenceOf(undefined, '{"evidence":"e1"}')).toBe("e1");
  expect(evidenceOf(undefined, '{"id":"e2"}')).toBe("e2");
  expect(evidenceOf(undefined, "")).toBe("");
});
