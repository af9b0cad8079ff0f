// Runs before the first paint, so a chosen theme never flashes. The key is that of src/lib/theme.ts.
(function () {
  var theme = localStorage.getItem("leo.theme");
  if (theme === "light" || theme === "dark") document.documentElement.style.colorScheme = theme;
})();
