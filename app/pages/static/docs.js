/* Shows the OpenAPI document with Swagger UI. Without validatorUrl it would ask another server. */

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

SwaggerUIBundle({
  url: `${document.body.dataset.root}/openapi.json`,
  domNode: document.getElementById("docs"),
  deepLinking: true,
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
});
