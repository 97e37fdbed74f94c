// Questions to the server. A refusal is an Error whose message is a sentence to show.

const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

export class Refused extends Error {}

const LOST = "The server could not be reached.";

function answerOf(status, text) {
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    // A page instead of an answer: the sentence below says enough.
  }
  if (status >= 200 && status < 300) return answer;
  if (status === 0) throw new Error(LOST);
  const errors = (answer.errors ?? []).map(({ message }) => message).filter(Boolean).join(" ");
  const said = answer.error ?? (errors || answer.detail);
  if (status === 401 || (status === 403 && !said)) throw new Error("You are signed out. Sign in again in another tab.");
  if (said) throw new Refused(said);
  if (status === 413) throw new Refused("This is too large for the server.");
  throw new Error(`The server answered with an error (${status}).`);
}

export async function ask(address, parameters) {
  const url = new URL(address, location.href);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  let response;
  try {
    response = await fetch(url, { headers: { Accept: "application/json" } });
  } catch {
    throw new Error(LOST);
  }
  // Signed out: the answer is the sign-in page.
  if (response.redirected) throw new Error("You are signed out. Sign in again in another tab.");
  return answerOf(response.status, await response.text());
}

// Sends a form; `progress(part)` hears from 0 to 1. Answers {done, cancel}.
export function send(address, form, { progress, patience = 0 } = {}) {
  const request = new XMLHttpRequest();
  const done = new Promise((answer, refuse) => {
    request.open("POST", address);
    request.timeout = patience;
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrf());
    if (progress)
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) progress(event.loaded / event.total);
      });
    request.addEventListener("load", () => {
      try {
        answer(answerOf(request.status, request.responseText));
      } catch (problem) {
        refuse(problem);
      }
    });
    for (const name of ["error", "timeout"])
      request.addEventListener(name, () => refuse(new Error(LOST)));
    request.addEventListener("abort", () => refuse(new Error("Cancelled.")));
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}
