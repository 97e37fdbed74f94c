// Passkeys: show their buttons where the browser has them, and say what went wrong.
// The ceremonies themselves are allauth's (mfa/js/webauthn.js).

const hasPasskeys = Boolean(window.PublicKeyCredential) && window.isSecureContext
  && !/^[\d.]+$|:/.test(location.hostname);

for (const element of document.querySelectorAll("[data-needs-passkeys]")) {
  element.hidden = !hasPasskeys;
}
for (const element of document.querySelectorAll("[data-lacks-passkeys]")) {
  element.hidden = hasPasskeys;
}

const SENTENCES = {
  NotAllowedError: "No passkey was used. Try again, or take another way.",
  InvalidStateError: "This device has a passkey for this account already.",
  SecurityError: "Passkeys do not work at this address: they need https, or the name localhost.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const { exception } = event.detail;
  const sentence = SENTENCES[exception?.name]
    || "That did not work. Try again, or take another way.";
  let note = document.getElementById("passkey-note");
  if (!note) {
    note = document.createElement("p");
    note.id = "passkey-note";
    note.className = "note note--error";
    note.setAttribute("role", "alert");
    document.querySelector(".door h1").after(note);
  }
  note.textContent = sentence;
});
