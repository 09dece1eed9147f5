import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { createAddressRules, ReceiverRefused, readReceiverUrl } from "./address-rules.ts";

const none = createAddressRules("");

describe("without exceptions", () => {
  test.each([
    ["loopback", "http://127.0.0.1/"],
    ["loopback elsewhere", "http://127.8.9.1/"],
    ["loopback as one number", "http://2130706433/"],
    ["loopback in octal", "http://0177.0.0.1/"],
    ["loopback in hex", "http://0x7f.0.0.1/"],
    ["loopback in hex, as one number", "http://0x7f000001/"],
    ["loopback, shortened", "http://127.1/"],
    ["loopback, percent-encoded", "http://%31%32%37.0.0.1/"],
    ["loopback in full-width digits", "http://１２７.０.０.１/"],
    ["loopback with a dot at its end", "http://127.0.0.1./"],
    ["loopback of IPv6", "http://[::1]/"],
    ["loopback of IPv6, written out", "http://[0:0:0:0:0:0:0:1]/"],
    ["nowhere", "http://0.0.0.0/"],
    ["nowhere, shortened", "http://0/"],
    ["this network", "http://0.1.2.3/"],
    ["nowhere of IPv6", "http://[::]/"],
    ["private 10", "http://10.0.0.1/"],
    ["private 172.16", "http://172.31.255.255/"],
    ["private 192.168", "http://192.168.1.1/"],
    ["private, as one number", "http://3232235777/"],
    ["shared by carriers", "http://100.64.0.1/"],
    ["cloud metadata", "http://169.254.169.254/latest/meta-data/"],
    ["cloud metadata in hex", "http://0xa9fea9fe/"],
    ["cloud metadata in octal", "http://0251.0376.0251.0376/"],
    ["container credentials", "http://169.254.170.2/"],
    ["metadata of another cloud", "http://100.100.100.200/"],
    ["protocol assignments", "http://192.0.0.192/"],
    ["documentation", "http://203.0.113.5/"],
    ["benchmarks", "http://198.18.0.1/"],
    ["former 6to4 relays", "http://192.88.99.1/"],
    ["multicast", "http://224.0.0.1/"],
    ["reserved", "http://240.0.0.1/"],
    ["broadcast", "http://255.255.255.255/"],
    ["unique local", "http://[fd00::1]/"],
    ["metadata over IPv6", "http://[fd00:ec2::254]/"],
    ["link-local of IPv6", "http://[fe80::1]/"],
    ["site-local", "http://[fec0::1]/"],
    ["multicast of IPv6", "http://[ff02::1]/"],
    ["loopback in IPv6", "http://[::ffff:127.0.0.1]/"],
    ["loopback in IPv6, in hex", "http://[::ffff:7f00:1]/"],
    ["public in IPv6", "http://[::ffff:8.8.8.8]/"],
    ["IPv4-compatible", "http://[::127.0.0.1]/"],
    ["translated", "http://[64:ff9b::7f00:1]/"],
    ["translated locally", "http://[64:ff9b:1::7f00:1]/"],
    ["6to4", "http://[2002:7f00:1::]/"],
    ["Teredo", "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/"],
    ["documentation of IPv6", "http://[2001:db8::1]/"],
    ["discarded", "http://[100::1]/"],
    ["outside the public space", "http://[4000::1]/"],
    ["another scheme", "ftp://example.com/"],
    ["a file", "file:///etc/passwd"],
    ["gopher", "gopher://example.com/"],
    ["javascript", "javascript:alert(1)"],
    ["a user", "https://me@example.com/"],
    ["a password", "https://me:secret@example.com/"],
    ["a trick with @", "http://example.com@127.0.0.1/"],
    ["no host", "http://"],
    ["nothing", ""],
    ["no address", "example.com"],
    ["too long", `https://example.com/${"a".repeat(2_048)}`],
  ])("%s is refused: %s", (_what, url) => {
    expect(() => readReceiverUrl(url, none)).toThrow(ReceiverRefused);
  });

  test.each([
    "https://example.com/hook?a=b",
    "http://8.8.8.8:8080/",
    "https://[2606:4700::1111]/",
    "https://xn--bcher-kva.example/",
  ])("%s is fine", (url) => {
    expect(readReceiverUrl(url, none).href).toBe(url);
  });

  test("an IPv4 address is refused in every spelling, or in none", () => {
    const bytes = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(bytes, (parts) => {
        const number = parts.reduce((sum, part) => sum * 256 + part, 0);
        const spellings = [
          parts.join("."),
          String(number),
          `0x${number.toString(16)}`,
          parts.map((part) => `0${part.toString(8)}`).join("."),
          parts.map((part) => `0x${part.toString(16)}`).join("."),
        ];
        const verdicts = spellings.map((host) => isFine(() => readReceiverUrl(`http://${host}/`, none)));
        expect(new Set(verdicts).size).toBe(1);
        expect(isFine(() => readReceiverUrl(`http://[::ffff:${parts.join(".")}]/`, none))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test("no address of a private range gets through", () => {
    const ranges = [
      "10.0.0.0/8",
      "127.0.0.0/8",
      "169.254.0.0/16",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "100.64.0.0/10",
    ];
    const address = fc.tuple(fc.constantFrom(...ranges), fc.nat(2 ** 32 - 1)).map(([range, random]) => {
      const [network, bits] = ipaddr.IPv4.parseCIDR(range);
      const base = network.toByteArray().reduce((sum, part) => sum * 256 + part, 0);
      const number = base + (random % 2 ** (32 - bits));
      return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
    });
    fc.assert(
      fc.property(address, (text) => {
        expect(() => none.check(text, "name.example")).toThrow(ReceiverRefused);
      }),
      { numRuns: 1_000 },
    );
  });
});

const isFine = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch {
    return false;
  }
};

describe("exceptions", () => {
  const rules = createAddressRules("10.1.0.0/16,fd00:1::/32,192.168.0.7,hooks.internal");

  test.each([
    ["10.1.2.3", "any"],
    ["fd00:1::5", "any"],
    ["192.168.0.7", "any"],
    ["172.16.0.1", "hooks.internal"],
    ["127.0.0.1", "HOOKS.internal."],
  ])("%s is allowed under the name %s", (address, host) => {
    expect(() => rules.check(address, host)).not.toThrow();
  });

  test.each([
    ["10.2.0.1", "any"],
    ["fd00:2::5", "any"],
    ["192.168.0.8", "any"],
    ["172.16.0.1", "evil.hooks.internal"],
    ["169.254.169.254", "hooks.internal"],
    ["::ffff:10.1.2.3", "any"],
  ])("%s is refused under the name %s", (address, host) => {
    expect(() => rules.check(address, host)).toThrow("webhooks.allowedHosts can allow it");
  });

  test("entries that are nothing are named, all at once", () => {
    expect(() => createAddressRules("10.0.0.0/99,1.2.3.4.5.6,-,fine.example")).toThrow(
      /"10.0.0.0\/99".*"1.2.3.4.5.6".*"-"/,
    );
  });
});
