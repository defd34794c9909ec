#!/usr/bin/python3
"""Labels are read back by somebody else's reader: test/test_labels.py build/eleven

build/print_labels draws them as SVG; librsvg makes pictures of them at five resolutions, ImageMagick turns and blurs
those, and zbar reads them. What is promised, for every label:

    QR codes        at any angle                     from 203 dpi on, blurred by 0.04 to 0.1 mm
    EAN and UPC     within 15 degrees either way     the same
    both            upright and not blurred at all   from 150 dpi on

The blur is the radius (sigma) of a Gaussian one; 0.1 mm is a third of a bar's module of 0.33 mm. Turned without any
blur, edges are stairs, as no camera sees them, and zbar misses one QR code in 300. Beyond that nothing is promised, but
nothing wrong may be read either, ever; and bars whose check digit is wrong are not read at all.
"""
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from concurrent.futures import ThreadPoolExecutor

SIZES_DPI = [150, 203, 250, 300, 400]
WORST_DPI = 203                     # of what is promised, and of most label printers: all combinations; else a few
BLURS_MM = [0.04, 0.07, 0.1]
UPRIGHT = [-15, -8, 0, 7, 15]       # where everything is read
TURNED = [45, 90, 135, 180, 270, 333]  # where QR codes are
FAR_BLUR_MM = 0.4                   # where nothing is promised


class Failed(Exception):
    pass


def run(*command):
    done = subprocess.run(command, capture_output=True, env=dict(os.environ, MAGICK_THREAD_LIMIT="1"))
    if done.returncode != 0:
        raise Failed("%s: %d %s" % (command[0], done.returncode, done.stderr.decode()))
    return done.stdout.decode()


class Label:
    def __init__(self, line):
        self.name, qr, bars = line.split("\t")
        self.qr = None if qr == "-" else qr
        self.bars = None if bars == "-" else bars


def variants(dpi):
    """(degrees, blur in mm, promised: all, promised: QR)"""
    yield 0, 0, True, True
    if dpi == 150:
        yield 45, 0.1, False, False
        return
    if dpi != WORST_DPI:
        yield -15, BLURS_MM[0], True, True
        yield 15, BLURS_MM[-1], True, True
        yield TURNED[dpi // 50 % len(TURNED)], BLURS_MM[1], False, True
        return
    for number, angle in enumerate(UPRIGHT):
        # the corners of what is promised, and in between one blur for each
        for blur in BLURS_MM if abs(angle) == 15 else [BLURS_MM[number % len(BLURS_MM)]]:
            yield angle, blur, True, True
    for number, angle in enumerate(TURNED):
        yield angle, BLURS_MM[(number + dpi) % len(BLURS_MM)], False, True
    yield 20, FAR_BLUR_MM, False, False


def pictures(folder, label):
    """Every variant of a label as a picture: file -> (all, qr)."""
    files = {}
    for dpi in SIZES_DPI:
        plain = os.path.join(folder, "%s-%d.png" % (label.name, dpi))
        run("rsvg-convert", "-d", str(dpi), "-p", str(dpi), os.path.join(folder, label.name + ".svg"), "-o", plain)
        command = ["convert", plain, "-colorspace", "Gray", "-background", "white", "-bordercolor", "white"]
        for angle, blur_mm, *promised in variants(dpi):
            file = os.path.join(folder, "%s-%d-%d-%.0f.pgm" % (label.name, dpi, angle, blur_mm * 100))
            blur = ["-blur", "0x%.3f" % (blur_mm / 25.4 * dpi)] if blur_mm else []
            command += ["(", "+clone", "-rotate", str(angle), *blur, "-write", file, "+delete", ")"]
            files[file] = promised
        run(*command, "null:")
    return files


def read(files):
    """What zbar reads: file -> {"QR-Code": {texts}, "EAN-13": ...}"""
    found = {file: {} for file in files}
    kinds = ["-Sdisable", "-Sqrcode.enable", "-Sean13.enable", "-Sean8.enable"]
    done = subprocess.run(["zbarimg", "-q", "--xml", "--nodbus", *kinds, *files], capture_output=True)
    root = xml.fromstring(done.stdout)
    for source in root.iter():
        if source.tag.endswith("source"):
            for symbol in (each for each in source.iter() if each.tag.endswith("symbol")):
                text = "".join(each.text for each in symbol if each.tag.endswith("data"))
                found[source.attrib["href"]].setdefault(symbol.attrib["type"], set()).add(text)
    return found


def check_label(folder, label):
    """Sentences about what was not read as it must be, and how many pictures were looked at."""
    files = pictures(folder, label)
    wrong = []
    for file, found in read(list(files)).items():
        everything, codes = files[file]
        name = os.path.basename(file)
        qr, bars = found.pop("QR-Code", set()), set().union(*found.values())
        if label.qr and codes and qr != {label.qr}:
            wrong.append("%s: QR code is read as %s" % (name, qr or "nothing"))
        if label.bars and everything and bars != {label.bars}:
            wrong.append("%s: bars are read as %s" % (name, bars or "nothing"))
        if not qr <= {label.qr} or not bars <= {label.bars}:
            wrong.append("%s: something wrong is read: %s %s" % (name, qr, bars))
    return wrong, len(files)


def test_labels(folder, labels):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(lambda label: check_label(folder, label), labels))
    wrong = [sentence for each, _ in done for sentence in each]
    count = sum(count for _, count in done)
    if wrong:
        raise Failed("%d of %d pictures:\n    %s" % (len(wrong), count, "\n    ".join(wrong[:40])))
    print("%d labels, %d pictures" % (len(labels), count))


def test_all_kinds(folder, labels):
    """There is something to read: QR codes alone, bars alone, both, and neither."""
    kinds = {(label.qr is not None, label.bars is not None) for label in labels}
    lengths = {len(label.bars) for label in labels if label.bars}
    if len(kinds) != 4 or lengths != {8, 13}:
        raise Failed("print_labels draws %s %s" % (kinds, lengths))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: test_labels.py build/eleven")
    failed = 0
    tests = [test_all_kinds, test_labels]
    with tempfile.TemporaryDirectory(prefix="eleven-labels-") as folder:
        program = os.path.join(os.path.dirname(os.path.abspath(sys.argv[1])), "print_labels")
        labels = [Label(line) for line in run(program, folder).splitlines()]
        for test in tests:
            begun = time.monotonic()
            try:
                test(folder, labels)
                print("ok %s (%.1f s)" % (test.__name__, time.monotonic() - begun))
            except Failed as failure:
                failed += 1
                print("not ok %s\n    %s" % (test.__name__, failure))
    print("%d passed, %d failed" % (len(tests) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
