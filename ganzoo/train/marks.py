"""Marks of origin: every picture says that a machine drew it, and which run did.

PNG carries an iTXt chunk ``ganzoo`` (JSON) and an XMP packet with the IPTC digital source type for media made by
a trained algorithm; WebP has the packet too, and the JSON in its EXIF description; GIF carries both in its comment.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
   Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def save_png(picture: Image.Image, path: Path, origin: dict[str, Any] | None) -> None:
    """Write a PNG that names its ``origin`` (run, images, seeds, ...); None leaves it unmarked."""
    info = None
    if origin is not None:
        info = PngInfo()
        info.add_itxt("ganzoo", json.dumps({"synthetic": True, **origin}))
        info.add_itxt("XML:com.adobe.xmp", XMP)
    _replace(path, picture, format="PNG", pnginfo=info)


def save_gif(
    frames: list[Image.Image], path: Path, origin: dict[str, Any] | None, milliseconds: int, rest: int = 20
) -> None:
    """Write an endless animation that stays on its last frame ``rest`` times as long, marked like `save_png`."""
    # Quantising beforehand is seventy times as fast as leaving it to the GIF writer, and dithering would shimmer.
    palettes = [f.convert("RGB").quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE) for f in frames]
    durations = [milliseconds] * (len(palettes) - 1) + [rest * milliseconds]
    marks = {}
    if origin is not None:
        marks = {"comment": json.dumps({"synthetic": True, **origin, "DigitalSourceType": SOURCE_TYPE})}
    how = {"save_all": True, "append_images": palettes[1:], "duration": durations, "loop": 0, "disposal": 2}
    _replace(path, palettes[0], format="GIF", **how, **marks)


def save_webp(frames: list[Image.Image], path: Path, origin: dict[str, Any] | None, milliseconds: int) -> None:
    """Write an endless animation in full colour, marked like `save_png`."""
    marks: dict[str, Any] = {}
    if origin is not None:
        exif = Image.Exif()
        exif[ExifTags.Base.ImageDescription] = json.dumps({"synthetic": True, **origin})
        marks = {"exif": exif, "xmp": XMP.encode()}
    how = {"save_all": True, "append_images": frames[1:], "duration": milliseconds, "loop": 0, "quality": 90}
    _replace(path, frames[0], format="WEBP", **how, **marks)


def _replace(path: Path, picture: Image.Image, **options: Any) -> None:
    """Write all of a picture or nothing."""
    part = path.with_name(path.name + ".part")
    try:
        picture.save(part, **options)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
