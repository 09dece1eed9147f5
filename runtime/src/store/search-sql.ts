import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Condition, Entity, Key, Ordering } from "../domain/search/vocabulary.ts";

/** The rows that belong to a found thing: a table, and how its rows point at the thing. */
interface Belongings {
  readonly table: string;
  /** Condition that joins the table, called `x`, with the searched one. */
  readonly join: RawBuilder<SqlBool>;
}

/** How a search reads its tables. */
export interface SearchTables {
  /** Name of the searched table in the query. */
  readonly alias: string;
  readonly belongings: Readonly<Partial<Record<Entity, Belongings>>>;
  /**
   * Whether keys are looked up for one found thing after the other, by their primary key. Otherwise the database's
   * planner may also start from all rows with the key, which suits small tables. Not by default.
   */
  readonly isProbed?: boolean;
}

const contextTag = "mlflow.data.context";

/** A condition as SQL: everything that a caller wrote travels as a parameter. */
export function conditionSql(condition: Condition, tables: SearchTables): RawBuilder<SqlBool> {
  if (condition.on === "attribute") {
    return compare(sql.ref(`${tables.alias}.${condition.key}`), condition);
  }
  const { table, join } = belongingsOf(condition, tables);
  const rows = sql`select 1 from ${sql.table(table)} as x where ${join}`;
  if (condition.on === "dataset") return sql`exists (${rows} and ${datasetSql(condition)})`;
  const keyed = sql`${rows} and x.key = ${condition.key}::text`;
  if (condition.operator === "IS NULL") return sql`not exists (${keyed})`;
  if (condition.operator === "IS NOT NULL") return sql`exists (${keyed})`;
  const number = condition.on === "metric" ? sql`not x.is_nan and ` : sql``;
  const isMet = sql`${number}${compare(sql.ref("x.value"), condition)}`;
  if (tables.isProbed !== true) return sql`exists (${keyed} and ${isMet})`;
  return sql`coalesce((select ${isMet} from ${sql.table(table)} as x where ${join} and x.key = ${condition.key}::text), false)`;
}

/** An ordering as SQL; what lacks the key, or is not a number, comes last. */
export function orderingSql(ordering: Ordering, tables: SearchTables): RawBuilder<unknown> {
  return sql`${orderKeySql(ordering, tables)} ${ordering.descending ? sql`desc nulls last` : sql`asc nulls last`}`;
}

/** What an ordering compares; null for what lacks the key, or is not a number. */
export function orderKeySql(ordering: Ordering, tables: SearchTables): RawBuilder<unknown> {
  if (ordering.on === "attribute") return sql.ref(`${tables.alias}.${ordering.key}`);
  const { table, join } = belongingsOf(ordering, tables);
  const value = ordering.on === "metric" ? sql`case when x.is_nan then null else x.value end` : sql`x.value`;
  return sql`(select ${value} from ${sql.table(table)} as x where ${join} and x.key = ${ordering.key}::text limit 1)`;
}

function belongingsOf(key: Key, tables: SearchTables): Belongings {
  const belongings = tables.belongings[key.on];
  if (belongings === undefined) throw new Error(`a search without a table for ${key.on}`);
  return belongings;
}

function datasetSql(condition: Condition): RawBuilder<SqlBool> {
  if (condition.key === "name") return compare(sql.ref("x.dataset_name"), condition);
  if (condition.key === "digest") return compare(sql.ref("x.dataset_digest"), condition);
  const value = sql`t.tag ->> 'value'`;
  return sql`exists (select 1 from jsonb_array_elements(x.tags) as t(tag)
    where t.tag ->> 'key' = ${contextTag} and ${compare(value, condition)})`;
}

/** A comparison with what a caller wrote. */
export function compare(
  left: RawBuilder<unknown>,
  { operator, type, value }: Condition,
): RawBuilder<SqlBool> {
  if (operator === "IN") return sql`${left} = any(${value}::text[])`;
  if (operator === "NOT IN") return sql`not (${left} = any(${value}::text[]))`;
  // Without an escape character a pattern cannot be malformed.
  if (operator === "LIKE") return sql`${left} like ${value}::text escape ''`;
  if (operator === "ILIKE") return sql`${left} ilike ${value}::text escape ''`;
  const typed = type === "number" ? sql`${value}::double precision` : sql`${value}::text`;
  return sql`${left} ${sql.raw(operator)} ${typed}`;
}
