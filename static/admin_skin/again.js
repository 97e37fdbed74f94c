// Signed in again: tell the pages that wait, and close.
const told = JSON.parse(document.getElementById("signed-in-again").textContent);
new BroadcastChannel("masthead-signed-in").postMessage(told);
window.opener?.focus();
window.close();
