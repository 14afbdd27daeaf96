import { describe, expect, test } from "vitest";
import { found, indexOf, tool } from "./tools.ts";

const SHOP = [
  tool("shop", "list_orders", "Lists the orders of a customer", { customer: "Who ordered" }),
  tool("shop", "delete_order", "Deletes an order", { order: "Order number" }),
  tool("shop", "create_order", "Creates an order", { items: "What is ordered" }),
  tool("mysql", "run_query", "Runs a statement in the MySQL database", { statement: "SQL text" }),
  tool("postgres", "run_query", "Runs a statement in the PostgreSQL database", { statement: "SQL text" }),
  tool("mail", "send_message", "Sends a message to somebody", { to: "Recipient", body: "Text" }),
  tool("disk", "read_file", "Reads a file from the filesystem", { path: "Path of the file" }),
];

describe("ranking", () => {
  test("tells siblings apart by the name of the tool", async () => {
    const index = await indexOf(...SHOP);
    expect(found(index, "list orders")[0]).toBe("shop/list_orders");
    expect(found(index, "remove an order")[0]).toBe("shop/delete_order");
    expect(found(index, "add a new order")[0]).toBe("shop/create_order");
  });

  test("takes a question that names no act for a wish to read", async () => {
    const index = await indexOf(
      tool("bus", "delete_topic", "The topic with its size and its settings"),
      tool("bus", "update_topic", "The topic with its size and its settings"),
      tool("bus", "get_topic", "The topic with its size and its settings"),
    );
    for (const asked of [
      "What size has the topic",
      "the size of the topic?",
      "主题 topic size？",
      "Which topics were created lately?",
    ])
      expect(found(index, asked)[0]).toBe("bus/get_topic");
    expect(found(index, "How do I delete a topic?")[0]).toBe("bus/delete_topic");
    expect(found(index, "update the topic")[0]).toBe("bus/update_topic");
  });

  test("brings the tools of all steps of a task forward, and each once", async () => {
    const noise = Array.from({ length: 30 }, (_, at) =>
      tool(`notes${at}`, `write_note_${at}`, "Writes a note of a meeting with its text"),
    );
    const index = await indexOf(...SHOP, ...noise);
    const task =
      "First read the file with the minutes of the meeting and note its text. Then list the orders. Finally send a message.";
    const hits = found(index, task, 8);
    expect(hits).toEqual(expect.arrayContaining(["disk/read_file", "shop/list_orders", "mail/send_message"]));
    expect(new Set(hits).size).toBe(hits.length);
    const [best, ...others] = index.search(task, { limit: 8 });
    expect(others.every(({ score }, at) => score <= ((at === 0 ? best : others[at - 1])?.score ?? 0))).toBe(true);
  });

  test("finds the tool that is named after what all tools of its server speak of", async () => {
    const about = (name: string) => tool("cloud", name, "Does what its name says", { tenant: "The tenant" });
    const others = Array.from({ length: 60 }, (_, at) => about(at % 20 === 0 ? `part${at}_show` : `part${at}_get`));
    const index = await indexOf(...others, tool("cloud", "tenant_list", "Lists them", { tenant: "One" }));
    expect(found(index, "show me my tenants")[0]).toBe("cloud/tenant_list");
  });

  test("keeps brands apart however they are written", async () => {
    const index = await indexOf(...SHOP);
    for (const written of ["MySQL", "mysql", "MYSQL"]) expect(found(index, `query ${written}`)[0]).toBe("mysql/run_query");
    expect(found(index, "postgreSQL query")[0]).toBe("postgres/run_query");
  });

  test("finds abbreviations, synonyms and words written as one or as two", async () => {
    const index = await indexOf(...SHOP, tool("git", "open_pull_request", "Opens a pull request in a repository"));
    expect(found(index, "new PR in a repo")[0]).toBe("git/open_pull_request");
    expect(found(index, "show purchases", 2)).toContain("shop/list_orders");
    expect(found(index, "file system read")[0]).toBe("disk/read_file");
  });

  test("finds a tool by its parameters, tags, title and examples alone", async () => {
    const index = await indexOf(
      tool("a", "one", "Does it", { voltage: "In volts" }),
      tool("a", "two", "Does it", {}, { tags: ["cartography"] }),
      tool("a", "three", "Does it", {}, { definition: { name: "three", annotations: { title: "Hyphenate words" } } }),
      tool("a", "four", "Does it", {}, { examples: ["when does the ferry leave"] }),
    );
    expect(found(index, "voltage")).toEqual(["a/one"]);
    expect(found(index, "cartography")).toEqual(["a/two"]);
    expect(found(index, "hyphenate")).toEqual(["a/three"]);
    expect(found(index, "ferry times")).toEqual(["a/four"]);
  });

  test("gives words inside quotations and paths less weight than words that ask", async () => {
    const index = await indexOf(...SHOP);
    expect(found(index, "send 'list of orders' to Anna by message")[0]).toBe("mail/send_message");
    expect(found(index, "read /srv/orders/list/mysql.txt")[0]).toBe("disk/read_file");
  });

  test("mends a dozen words of a text that knows none, and leaves the rest", async () => {
    const index = await indexOf(tool("a", "lamp", "Lights the lantern"));
    const nonsense = (words: number) => Array.from({ length: words }, (_, at) => `zzqx${String.fromCharCode(97 + at)}`).join(" ");
    expect(found(index, `${nonsense(11)} lantarn`)).toEqual(["a/lamp"]);
    expect(found(index, `${nonsense(12)} lantarn`)).toEqual([]);
  });

  test("mends a mistyped word only when it is not known as it stands", async () => {
    const index = await indexOf(
      ...SHOP,
      tool("news", "list_headlines", "Headlines of today"),
      tool("post", "list_letters", "Letters of today"),
    );
    expect(found(index, "headlnies")[0]).toBe("news/list_headlines");
    expect(found(index, "letters")).toEqual(["post/list_letters"]);
  });

  test("finds tools described in Chinese and Japanese", async () => {
    const index = await indexOf(
      tool("docs", "读取文件", "读取指定路径的文件内容"),
      tool("docs", "删除目录", "删除一个目录"),
      tool("kaikei", "seikyu", "請求書を作成します"),
    );
    expect(found(index, "读取一个文件")[0]).toBe("docs/读取文件");
    expect(found(index, "請求書")).toEqual(["kaikei/seikyu"]);
  });

  test("answers nothing to a query without a known word, and says what there is", async () => {
    const index = await indexOf(...SHOP);
    expect(index.search("zyzzyva quux")).toEqual([]);
    expect(index.search("")).toEqual([]);
    expect(index.overview(2)).toEqual({
      tools: 7,
      servers: [
        { server: "shop", tools: 3 },
        { server: "disk", tools: 1 },
      ],
      topics: ["file", "message"],
    });
  });
});

describe("addresses and filters", () => {
  test("puts the tool that is named by its address first, in any letter case", async () => {
    const index = await indexOf(...SHOP);
    expect(index.search("postgres/run_query")[0]).toMatchObject({ server: "postgres", tool: "run_query", confidence: "high" });
    expect(found(index, "Shop/deleteOrder")[0]).toBe("shop/delete_order");
  });

  test("searches one server for `server: words`, `words server:name` and the option", async () => {
    const index = await indexOf(...SHOP);
    for (const query of ["postgres: run", "server:postgres run", "run server:postgres"])
      expect(found(index, query)).toEqual(["postgres/run_query"]);
    expect(index.search("run", { server: "postgres" })).toHaveLength(1);
    expect(index.search("run", { server: "unknown" })).toEqual([]);
  });

  test("lists all tools of a server that is named with nothing behind it", async () => {
    const index = await indexOf(...SHOP);
    expect(found(index, "server:shop")).toEqual(["shop/create_order", "shop/delete_order", "shop/list_orders"]);
  });

  test("never shows what the filter leaves out, not even by its address", async () => {
    const index = await indexOf(...SHOP);
    const filter = (server: string, name: string) => server !== "mysql" && name !== "delete_order";
    expect(index.search("run query", { filter }).map(({ server }) => server)).toEqual(["postgres"]);
    expect(index.search("mysql/run_query", { filter })).toEqual([]);
    expect(index.search("delete order", { filter }).map((hit) => hit.tool)).not.toContain("delete_order");
  });

  test("takes a URL or a foreign prefix for text", async () => {
    const index = await indexOf(...SHOP);
    expect(found(index, "note: read file")[0]).toBe("disk/read_file");
    expect(found(index, "read the file at https://shop/list_orders")[0]).toBe("disk/read_file");
  });
});

describe("hits", () => {
  test("folds the same tool of several servers into one hit that names the others", async () => {
    const [first, second, third] = ["one", "two", "three"].map((server) =>
      tool(server, "get-weather", "The weather at a place for the next days"),
    );
    const other = tool("four", "get_weather", "Humidity and pressure measured by the sensors of a ship");
    const index = await indexOf(...[first, second, third, other].filter((one) => one !== undefined));
    const hits = index.search("weather at a place");
    expect(hits.map(({ server, alsoOn }) => [server, alsoOn])).toEqual([
      ["one", ["three", "two"]],
      ["four", []],
    ]);
  });

  test("is sure of a hit that covers the whole query, and unsure when most words are unknown", async () => {
    const index = await indexOf(...SHOP);
    expect(index.search("list orders")[0]?.confidence).toBe("high");
    expect(index.search("list zyzzyva quux fnord")[0]?.confidence).toBe("low");
  });

  test("explains which words were found in which fields", async () => {
    const index = await indexOf(...SHOP);
    const [hit] = index.search("remove order", { explain: true });
    expect(hit?.matched).toEqual(expect.arrayContaining([{ field: "tool", words: ["delete", "order"] }]));
    expect(index.search("remove order")[0]).not.toHaveProperty("matched");
  });

  test("gives at most as many as asked for, eight by default", async () => {
    const index = await indexOf(
      ...Array.from({ length: 20 }, (_, at) => tool(`server-${at}`, `open_door_${at}`, `Opens door number ${at}`)),
    );
    expect(index.search("open door")).toHaveLength(8);
    expect(index.search("open door", { limit: 3 })).toHaveLength(3);
  });
});
