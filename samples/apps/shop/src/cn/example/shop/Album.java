package cn.example.shop;

import android.os.Environment;
import android.util.Log;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;

/** Writes a picture to shared storage. */
final class Album {
    private Album() {
    }

    static void save(byte[] picture) {
        File folder = new File(Environment.getExternalStorageDirectory(), "mall");
        if (!folder.isDirectory() && !folder.mkdirs()) {
            return;
        }
        try (FileOutputStream out = new FileOutputStream(new File(folder, "goods.jpg"))) {
            out.write(picture);
        } catch (IOException error) {
            Log.w("shop", error);
        }
    }
}
