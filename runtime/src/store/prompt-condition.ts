import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Condition } from "../domain/search/vocabulary.ts";
import { conditionSql, type SearchTables } from "./search-sql.ts";

/** MLflow keeps prompts as registered models; they show up only where they are asked for. */
export const promptTag = "mlflow.prompt.is_prompt";

export const asksForPrompts = (conditions: readonly Condition[]): boolean =>
  conditions.some((condition) => condition.on === "tag" && condition.key === promptTag);

/** Clients hide prompts by `tag != 'true'`, and mean what has no such tag too. */
export function registryConditionSql(condition: Condition, tables: SearchTables): RawBuilder<SqlBool> {
  const hidesPrompts = condition.on === "tag" && condition.key === promptTag && condition.operator === "!=";
  if (!hidesPrompts) return conditionSql(condition, tables);
  return sql`not ${conditionSql({ ...condition, operator: "=" }, tables)}`;
}
