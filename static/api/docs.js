// Starts Swagger UI on the page to try the API. Unsafe requests carry the CSRF token,
// for whoever is signed in by session.
"use strict";

(() => {
  const place = document.getElementById("api");
  const csrf = () =>
    document.cookie
      .split("; ")
      .find((pair) => pair.startsWith("csrftoken="))
      ?.slice("csrftoken=".length);

  globalThis.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    validatorUrl: null,
    requestInterceptor: (request) => {
      const token = csrf();
      if (token && new URL(request.url, location).origin === location.origin) {
        request.headers["X-CSRFToken"] = token;
      }
      return request;
    },
  });
})();
