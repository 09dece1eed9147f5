import { createHash } from "node:crypto";

const adjectives =
  "amber bold brave bright brisk calm clear clever crisp eager early fair fleet fond frank gentle glad golden grand happy honest keen kind lively lucid lucky mellow merry mild modest neat nimble noble patient polite proud quick quiet rapid ready royal rustic serene sharp shy silent silver sleek smart smooth snug sober solid steady still subtle sunny swift tidy tranquil upbeat vivid warm wise witty".split(
    " ",
  );
const nouns =
  "acorn alder aspen badger beech birch brook canyon cedar cliff cloud comet coral crane creek cypress delta dune elm ember falcon fern finch fjord forest garnet glade grove harbor hawk hazel heron hill island ivy jasper juniper lagoon lake larch lark lynx maple marsh meadow moss oak ocean opal orchid otter owl pebble pine prairie quartz rain raven reef ridge river robin sage shore sparrow spruce stone summit thistle tide trail tulip valley willow wren".split(
    " ",
  );

/** A name that people can say, always the same for the same run: adjective, noun and a number below 1000. */
export function nameRun(runId: string): string {
  const digest = createHash("sha256").update(runId).digest();
  const adjective = adjectives[digest.readUInt16BE(0) % adjectives.length];
  const noun = nouns[digest.readUInt16BE(2) % nouns.length];
  return `${adjective}-${noun}-${digest.readUInt16BE(4) % 1000}`;
}
