import { vi, beforeEach, expect, test } from "vitest";
import { draftKey, dropped, fillFields, readFields, startDrafts } from "./drafts";

const forgotten: string[] = [];
vi.mock("./photo-store", () => ({ dropDraft: async (key: string) => void forgotten.push(key) }));

const FORM = `<form data-draft="report"><input name="what" value="x"><input type="password" name="secret" value="s">
<input type="hidden" name="key" value="1"><select name="grade"><option value=""></option><option value="4">重</option></select>
<label><input type="checkbox" name="kinds" value="a" checked></label><label><input type="checkbox" name="kinds" value="b"></label></form>`;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  document.body.dataset["account"] = "7";
  document.body.innerHTML = FORM;
});

test("secrets and keys are not kept", () => {
  expect(readFields(document.forms[0]!)).toEqual([["what", "x"], ["kinds", "a"]]);
});

test("what was kept comes back", () => {
  const form = document.forms[0]!;
  fillFields(form, [["what", "漏电"], ["grade", "4"], ["kinds", "b"]]);
  expect(readFields(form)).toEqual([["what", "漏电"], ["grade", "4"], ["kinds", "b"]]);
});

test("a draft is settled once another page is shown after sending", () => {
  localStorage.setItem(draftKey("other"), JSON.stringify({ at: Date.now(), fields: [["a", "b"]] }));
  sessionStorage.setItem("anlan-draft-sent", draftKey("other"));
  startDrafts();
  expect(localStorage.getItem(draftKey("other"))).toBeNull();
});

test("a draft stays when the form is shown again", () => {
  localStorage.setItem(draftKey("report"), JSON.stringify({ at: Date.now(), fields: [["what", "kept"]] }));
  sessionStorage.setItem("anlan-draft-sent", draftKey("report"));
  startDrafts();
  expect(localStorage.getItem(draftKey("report"))).not.toBeNull();
  expect(readFields(document.forms[0]!)[0]).toEqual(["what", "kept"]);
});

test("photographs a left page had still to forget are forgotten by the next, text typed since is kept", async () => {
  localStorage.setItem("anlan-drafts-going", draftKey("report"));
  localStorage.setItem(draftKey("report"), JSON.stringify({ at: Date.now(), fields: [["what", "typed since"]] }));
  startDrafts();
  await dropped();
  expect(forgotten).toContain(draftKey("report"));
  expect(localStorage.getItem("anlan-drafts-going")).toBeNull();
  expect(localStorage.getItem(draftKey("report"))).not.toBeNull();
});

test("what was typed a moment ago is kept when the page is left or laid aside", () => {
  startDrafts();
  const what = document.querySelector<HTMLInputElement>("[name=what]")!;
  for (const [text, leave] of [["left", () => dispatchEvent(new Event("pagehide"))], ["laid aside", layAside]] as const) {
    what.value = text;
    what.dispatchEvent(new Event("input", { bubbles: true }));
    expect(localStorage.getItem(draftKey("report")) ?? "").not.toContain(text);
    leave();
    expect(localStorage.getItem(draftKey("report"))).toContain(text);
  }
});

test("what was typed a moment before signing out is forgotten with the rest", () => {
  vi.stubGlobal("indexedDB", { deleteDatabase: () => undefined });
  document.body.insertAdjacentHTML("beforeend", "<form data-sign-out></form>");
  startDrafts();
  document.querySelector<HTMLInputElement>("[name=what]")!.dispatchEvent(new Event("input", { bubbles: true }));
  document.forms[1]!.dispatchEvent(new Event("submit"));
  dispatchEvent(new Event("pagehide"));
  expect(localStorage.getItem(draftKey("report"))).toBeNull();
});

function layAside(): void {
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  document.dispatchEvent(new Event("visibilitychange"));
  hidden.mockRestore();
}

test("signing out that was broken off loses nothing typed after it; what was typed while it went on is forgotten with the rest", () => {
  document.body.insertAdjacentHTML("beforeend", "<form data-sign-out></form>");
  startDrafts();
  const what = document.querySelector<HTMLInputElement>("[name=what]")!;
  const types = (text: string) => {
    what.value = text;
    what.dispatchEvent(new Event("input", { bubbles: true }));
    dispatchEvent(new Event("pagehide"));
  };
  types("before");
  document.querySelector("form[data-sign-out]")!.dispatchEvent(new Event("submit"));
  expect(localStorage.getItem(draftKey("report"))).toBeNull();
  types("after");
  const key = draftKey("report");
  expect(localStorage.getItem(key)).toContain("after");

  delete document.body.dataset["account"]; // the page somebody sees who has signed out
  document.body.innerHTML = "";
  const left = sessionStorage.getItem("anlan-signing-out")!;
  sessionStorage.setItem("anlan-signing-out", String(Number(left) - 3_600_000)); // or whose session ran out an hour later
  startDrafts();
  expect(localStorage.getItem(key)).toContain("after");
  sessionStorage.setItem("anlan-signing-out", left);
  startDrafts();
  expect(localStorage.getItem(key)).toBeNull();
});
