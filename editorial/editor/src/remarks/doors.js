// The server's doors for remarks: an endpoint of their own, not a part of saving.
export class Refusal extends Error {}

const AWAY = "The desk cannot be reached. Your words are still here; try again.";

async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, {
      ...options,
      headers: { Accept: "application/json", ...options?.headers },
    });
  } catch {
    throw new Refusal(AWAY);
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok)
    throw new Refusal(data.problem || data.detail || (answer.status === 403
      ? "You are signed out, or may not do this. Sign in in another tab, then try again."
      : AWAY));
  return data;
}

export function doorsOf(all) {
  const token = () =>
    document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const tell = (address, data = {}) =>
    ask(address, {
      method: "POST",
      body: JSON.stringify(data),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    });
  const of = (id, what) => all.replace(/all\/$/, `${id}/${what}/`);
  return {
    read: () => ask(all),
    say: (remark) => tell(all, remark),
    reword: (id, comment) => tell(of(id, "change"), { comment }),
    remove: (id) => tell(of(id, "delete")),
    resolve: (id, resolved) => tell(of(id, "resolve"), resolved ? {} : { reopen: true }),
  };
}
