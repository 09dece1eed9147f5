import { createTheme, type MantineColorsTuple, Modal, ModalTitle } from "@mantine/core";

/** Sea green, from nearly white to nearly black. */
const sea: MantineColorsTuple = [
  "#e8f6f7",
  "#d3eaec",
  "#a6d4d9",
  "#77bec6",
  "#51abb5",
  "#389eaa",
  "#1a8a96",
  "#0f6d78",
  "#0b5660",
  "#053f47",
];

/** Slate, from text to the darkest ground; Mantine paints dark pages with it. */
const slate: MantineColorsTuple = [
  "#d5dae1",
  "#b4bcc7",
  "#99a4b3",
  "#6b7686",
  "#434c59",
  "#333a44",
  "#232932",
  "#1b2027",
  "#14181d",
  "#0f1216",
];

export const theme = createTheme({
  colors: { sea, dark: slate },
  primaryColor: "sea",
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  headings: { fontWeight: "620", sizes: { h1: { fontSize: "1.45rem" }, h2: { fontSize: "1.05rem" } } },
  cursorType: "pointer",
  components: {
    Modal: Modal.extend({ defaultProps: { centered: true, transitionProps: { duration: 0 } } }),
    ModalTitle: ModalTitle.extend({ defaultProps: { fw: 620 } }),
  },
});
