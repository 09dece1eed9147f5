import { expect, test } from "vitest";
import { statementNames } from "./prepared-statements.ts";

const insert = (table: string) => `insert into "${table}" ("a") values ($1)`;

test("a statement that writes has a name from its second time on, the same in every process", () => {
  const [one, another] = [statementNames(10), statementNames(10)];
  expect(one(insert("x"))).toBeUndefined();
  const name = one(insert("x"));
  expect(name).toMatch(/^bedplate_[0-9a-f]{32}$/);
  expect(one(insert("x"))).toBe(name);
  another(insert("y"));
  another(insert("y"));
  another(insert("x"));
  expect(another(insert("x"))).toBe(name);
});

test("statements that read, that return every column, or that come when the limit is reached have none", () => {
  const nameOf = statementNames(2);
  const twice = (text: string) => [nameOf(text), nameOf(text)][1];
  for (const text of [
    "select * from runs where run_id = $1",
    "explain (format json) select 1 from runs where experiment_id = $1",
    "with recent as (select 1) select * from recent where a = $1",
    `${insert("x")} returning *`,
    "select 1 from x for update",
    "begin",
  ])
    expect(twice(text)).toBeUndefined();
  const [a, b] = [
    twice("\n  with made as (insert into x values ($1)) select 1"),
    twice(`${insert("x")} returning "a"`),
  ];
  expect(a).toBeDefined();
  expect(b).toBeDefined();
  expect(twice(insert("one more"))).toBeUndefined();
  expect(nameOf("\n  with made as (insert into x values ($1)) select 1")).toBe(a);
});

test("what comes once takes no place, however much of it comes", () => {
  const nameOf = statementNames(3);
  for (let at = 0; at < 1_000; at++) expect(nameOf(insert(`table ${at}`))).toBeUndefined();
  nameOf(insert("x"));
  for (let at = 0; at < 5; at++) nameOf(insert(`between ${at}`));
  expect(nameOf(insert("x"))).toBeDefined();
});
