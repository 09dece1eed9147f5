import { expect, test } from "vitest";
import { chooseModelFile } from "./model-file.plan.ts";

const mlmodel = (data: string) =>
  `artifact_path: model\nflavors:\n  onnx:\n    code: null\n    data: ${data}\n    onnx_version: 1.19.0\n  python_function:\n    data: other.onnx\nmodel_uuid: 1\n`;

test("the only ONNX file is chosen, however deep it lies", () => {
  expect(chooseModelFile(["a/b/net.onnx", "README.md"], null)).toEqual({ path: "a/b/net.onnx" });
});

test("MLmodel's word goes before everything else", () => {
  expect(chooseModelFile(["a.onnx", "model.onnx", "MLmodel"], mlmodel("a.onnx"))).toEqual({ path: "a.onnx" });
  expect(chooseModelFile(["a.onnx", "model.onnx"], mlmodel("'a.onnx'"))).toEqual({ path: "a.onnx" });
});

test("an MLmodel that names a missing file or leaves the version is not followed", () => {
  expect(chooseModelFile(["model.onnx"], mlmodel("gone.onnx"))).toEqual({ path: "model.onnx" });
  expect(chooseModelFile(["model.onnx"], mlmodel("../../other.onnx"))).toEqual({ path: "model.onnx" });
});

test("several files without a word on which are refused, and so is none", () => {
  expect(chooseModelFile(["a.onnx", "b.onnx"], null)).toEqual({
    refused: "several",
    found: ["a.onnx", "b.onnx"],
  });
  expect(chooseModelFile(["model.pkl"], null)).toEqual({ refused: "none", found: ["model.pkl"] });
});
