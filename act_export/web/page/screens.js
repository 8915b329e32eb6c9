// The screens by kind of model: the first that accepts a manifest opens it.

import * as listen from "page/listen-screen";
import * as maze from "page/maze-screen";
import * as plain from "page/plain-screen";
import * as words from "page/text-screen";

const SCREENS = [maze, words, listen, plain];

export function openScreen(loaded, place) {
  return SCREENS.find((each) => each.accepts(loaded.manifest)).open(loaded, place);
}
