import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import { type Condition, readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import type { SearchRequest } from "./search-request.ts";
import { conditionSql, orderingSql, type SearchTables } from "./search-sql.ts";

/** MLflow keeps prompts as registered models; they show up only where they are asked for. */
export const promptTag = "mlflow.prompt.is_prompt";

const asksForPrompts = (conditions: readonly Condition[]): boolean =>
  conditions.some((condition) => condition.on === "tag" && condition.key === promptTag);

/** Clients hide prompts by `tag != 'true'`, and mean what has no such tag too. */
function registryConditionSql(condition: Condition, tables: SearchTables): RawBuilder<SqlBool> {
  const hidesPrompts = condition.on === "tag" && condition.key === promptTag && condition.operator === "!=";
  if (!hidesPrompts) return conditionSql(condition, tables);
  return sql`not ${conditionSql({ ...condition, operator: "=" }, tables)}`;
}

interface RegistrySearch {
  readonly vocabulary: Vocabulary;
  readonly tables: SearchTables & {
    readonly belongings: { readonly tag: { readonly table: string; readonly join: RawBuilder<SqlBool> } };
  };
  /** Column of the searched table by which the newest comes first where no order is asked for. */
  readonly newestBy?: string;
}

/** The filter and the order of a search of the registry; prompts are left out unless the filter names them. */
export function searchRegistry<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  request: Pick<SearchRequest, "filter" | "orderBy">,
  { vocabulary, tables, newestBy }: RegistrySearch,
): SelectQueryBuilder<DB, TB, O> {
  const conditions = readFilter(request.filter, vocabulary);
  const order = readOrder(request.orderBy, vocabulary);
  let found = query;
  for (const condition of conditions) found = found.where(registryConditionSql(condition, tables));
  if (!asksForPrompts(conditions)) {
    const { table, join } = tables.belongings.tag;
    found = found.where(
      sql<SqlBool>`not exists (select 1 from ${sql.table(table)} x where ${join} and x.key = ${promptTag})`,
    );
  }
  for (const ordering of order) found = found.orderBy(orderingSql(ordering, tables));
  if (order.length > 0 || newestBy === undefined) return found;
  return found.orderBy(sql.ref(`${tables.alias}.${newestBy}`), "desc");
}
