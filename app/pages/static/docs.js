/* Shows the OpenAPI document with Swagger UI. By default that sends the document to a validator elsewhere. */

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

SwaggerUIBundle({
  url: `${document.body.dataset.root}/openapi.json`,
  domNode: document.getElementById("docs"),
  deepLinking: true,
  docExpansion: "none", // of 150 rows and more it draws only those in view, so a browser would not find the others
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
});
