// Signed out while the page is open: sign in in a small window, and go on.
import { button, part } from "./parts.js";

// The desk's token, in every form of the page.
export function useToken(token) {
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]"))
    input.value = token;
}

export const token = () =>
  document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";

// Asks the desk who we are now: {person, token}, or nothing when nobody is signed in.
export async function ask(address) {
  const answer = await fetch(address, {
    headers: { Accept: "application/json" },
    redirect: "manual",
  });
  return answer.ok ? answer.json() : null;
}

const BREATH = 1_200;
let open = null;

// Resolves when the person who wrote is signed in again. Nobody is interrupted in the
// middle of a word: `saving` knows when something was typed last.
export function signInAgain(saving) {
  open ??= pauseOf(saving).then(() => asking(saving.told));
  return open;
}

async function pauseOf(saving) {
  while (Date.now() - saving.lastTyped < BREATH)
    await new Promise((done) => setTimeout(done, BREATH / 4));
}

function asking(told) {
  return new Promise((done) => {
    const sentence = part("p", {
      text: "You were signed out. What you wrote is on this page and kept in this browser. " +
        "Sign in again, and it is saved.",
    });
    const show = () => window.open(
      `${told.sign_in}?next=${encodeURIComponent(told.again)}`,
      "masthead-sign-in", "popup,width=520,height=720",
    );
    const dialog = part("dialog", { className: "sign-in-again", "aria-label": "Sign in again" },
      // The next key that is typed presses no button.
      part("h2", { text: "Sign in again", tabIndex: -1, autofocus: true }),
      sentence,
      part("p", { className: "sign-in-again-buttons" },
        button("Sign in", show, { className: "button default" }),
        button("Later", () => dialog.close())),
    );
    const channel = new BroadcastChannel("masthead-signed-in");
    channel.onmessage = ({ data }) => {
      useToken(data.token);
      if (data.person !== told.person) {
        sentence.textContent = "Somebody else signed in. What is on this page was written by " +
          `${told.name}: sign in as ${told.name} to save it.`;
        if (!dialog.open) dialog.showModal();
        return;
      }
      channel.close();
      dialog.close();
      dialog.remove();
      open = null;
      done();
    };
    document.body.append(dialog);
    dialog.showModal();
  });
}

// The dialog was put aside; there is a button for it in the bar.
export function remind() {
  const dialog = document.querySelector("dialog.sign-in-again");
  if (dialog && !dialog.open) dialog.showModal();
}
