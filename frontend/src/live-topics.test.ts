import { expect, test } from "vitest";
import { pauseAfter, signsOf, topicOf, topicsOf } from "./live-topics";

test("pauses grow and end at a minute", () => {
  const middle = (): number => 0.5;
  expect(pauseAfter(1, middle)).toBe(1000);
  expect(pauseAfter(4, middle)).toBe(8000);
  expect(pauseAfter(40, middle)).toBe(60000);
});

test("topics are gathered once each", () => {
  document.body.innerHTML = '<i data-live="inbox matter:1"></i><b data-live="inbox"></b>';
  expect(topicsOf(document)).toEqual(["inbox", "matter:1"]);
});

test("a topic is the event's name or its body", () => {
  expect(topicOf("inbox", "")).toBe("inbox");
  expect(topicOf("message", '{"topic":"matter:7"}')).toBe("matter:7");
  expect(topicOf("message", "inbox")).toBe("inbox");
  expect(topicOf("message", "{}")).toBeNull();
});

test("an event tells signs of its rows, or that anything may have changed", () => {
  const sign = { id: "7", at: [125.3, 43.9], level: 4 };
  expect(signsOf(JSON.stringify({ topic: "rows:enterprise-colours", signs: [sign] }))).toEqual([sign]);
  expect(signsOf('{"topic":"rows:enterprise-colours"}')).toBeNull();
  expect(signsOf("inbox")).toBeNull();
});
