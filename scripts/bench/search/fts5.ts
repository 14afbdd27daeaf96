import { tokenize } from "../../../src/search/tokenize.ts";
import { comparedFields } from "./compared-fields.ts";
import type { Engine } from "./engine.ts";
import type { LoadPackage } from "./optional-package.ts";

interface Statement {
  run(...values: readonly (string | number)[]): unknown;
  all(...values: readonly (string | number)[]): readonly unknown[];
}

interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
}

interface SqliteModule {
  readonly default: new (file: string) => Database;
}

/** SQLite FTS5 with its Porter stemmer, identifiers split beforehand, and weighted columns. */
export const fts5 = (load: LoadPackage): Engine => ({
  name: "FTS5",
  needs: "better-sqlite3@12.11.1",
  isNative: true,
  async open(corpus) {
    const module = await load<SqliteModule>("better-sqlite3");
    if (!module) return undefined;
    const database = new module.default(":memory:");
    database.exec(
      "CREATE VIRTUAL TABLE tools USING fts5(server, tool, description, names, texts, tokenize='porter unicode61'); BEGIN",
    );
    const insert = database.prepare(
      "INSERT INTO tools(rowid, server, tool, description, names, texts) VALUES (?, ?, ?, ?, ?, ?)",
    );
    for (const [at, line] of corpus.entries()) {
      const { server, tool, description, parameters, parameterTexts } = comparedFields(line);
      insert.run(at, split(server), split(tool), split(description), split(parameters), split(parameterTexts));
    }
    database.exec("COMMIT");
    const select = database.prepare("SELECT rowid FROM tools WHERE tools MATCH ? ORDER BY bm25(tools, 3, 6, 2, 1, 0.5) LIMIT ?");
    return {
      search(query, limit) {
        const terms = [...new Set(tokenize(query))].map((word) => `"${word}"`).join(" OR ");
        const rows = terms === "" ? [] : (select.all(terms, limit) as readonly { readonly rowid: number }[]);
        return rows.flatMap(({ rowid }) => corpus[rowid] ?? []);
      },
    };
  },
});

const split = (text: string): string => tokenize(text).join(" ");
